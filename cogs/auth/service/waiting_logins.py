"""How logins end that need no paste: each is waited for and written down, whether or not a message follows it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from openab_auth.oauth.errors import NoPendingLoginError
from openab_auth.oauth.flows.storing import LoginResult
from openab_auth.storage import UserId
from openab_auth.storage.errors import OpenabAuthError

_KEPT: Final = 60.0  # seconds after the end of a login, for a message that is only now being sent
_log: Final = logging.getLogger(__name__)


class WaitingLogins:
    """The ends that are waited for; `end` waits for one of them and writes it down."""

    def __init__(self, end: Callable[[UserId, str], Awaitable[LoginResult | None]]) -> None:
        self._end = end
        self._waiting: dict[tuple[UserId, str], asyncio.Future[LoginResult | None]] = {}

    def expect(self, user: UserId, vendor: str) -> None:
        """Wait for the end of this person's login from now on."""
        task = asyncio.ensure_future(self._end(user, vendor))
        self._waiting[user, vendor] = task
        task.add_done_callback(_tell)
        task.add_done_callback(partial(self._forget_later, (user, vendor)))

    async def of(self, user: UserId, vendor: str) -> LoginResult | None:
        """How it ends; None when the bot stops before.

        Raises:
            NoPendingLoginError: it was cancelled or replaced, or nobody waits for it.
            OpenabAuthError: why there is no login.
        """
        key = (user, vendor)
        task = self._waiting.get(key)
        if task is None:
            raise NoPendingLoginError(vendor)
        try:
            return await asyncio.shield(task)
        finally:
            if task.done():
                self._forget(key, task)

    def _forget_later(self, key: tuple[UserId, str], task: asyncio.Future[LoginResult | None]) -> None:
        """Keep the end for a message that is about to ask for it; where none follows, nobody would take it away."""
        task.get_loop().call_later(_KEPT, self._forget, key, task)

    def _forget(self, key: tuple[UserId, str], task: asyncio.Future[LoginResult | None]) -> None:
        if self._waiting.get(key) is task:
            del self._waiting[key]

    async def aclose(self) -> None:
        """Wait for all that is to be written down; the logins themselves are let go of before."""
        await asyncio.gather(*self._waiting.values(), return_exceptions=True)
        self._waiting.clear()


def _tell(task: asyncio.Future[LoginResult | None]) -> None:
    """A line for the operator, who may be the only one left to read it."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, OpenabAuthError) and not isinstance(error, NoPendingLoginError):
        _log.info("a login that needed no paste has ended: %s", error)
