"""The checks of a running bot and of a running broker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from openab_auth.bot.health.readiness import Check, Trouble
from openab_auth.storage import AsyncStore, StorageError

_LONGEST_SILENCE: Final = 60.0  # seconds; one refresh and its repetition take less


def store_check(store: AsyncStore) -> Check:
    """Return the check that logins can be read and locks can be opened."""

    async def look() -> Trouble | None:
        try:
            await store.check_usable()
        except StorageError as error:
            return Trouble(error.happened, error.todo)
        return None

    return Check("store", look)


def gateway_check(is_connected: Callable[[], bool]) -> Check:
    """Return the check that the bot is connected to Discord's gateway."""

    async def look() -> Trouble | None:
        if is_connected():
            return None
        return Trouble("there is no connection to Discord's gateway", "see the log, and Discord's status page")

    return Check("gateway", look)


def refresh_ahead_check(silence: Callable[[], float | None]) -> Check:
    """Return the check that logins are renewed ahead of time.

    `silence` returns the seconds since the task that renews them has last shown life; None if it does not run.
    """

    async def look() -> Trouble | None:
        silent = silence()
        if silent is None:
            return Trouble("the task that renews logins does not run", "restart the bot and keep its log")
        if silent > _LONGEST_SILENCE:
            message = f"the task that renews logins has done nothing for {silent:.0f} s"
            return Trouble(message, "restart the bot and keep its log")
        return None

    return Check("refresh_ahead", look)
