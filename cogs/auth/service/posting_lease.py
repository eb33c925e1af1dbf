"""Settles which of the bots of one Discord application writes notices and requests: the one that holds a lease.

A lease is no fence: a bot that stood still may write once more before it looks at the clock. So each message is claimed
in the store, too, and carries a nonce.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple
from uuid import uuid4

from openab_auth.storage import AsyncStore
from openab_auth.storage.boot_clock import boot_clock
from openab_auth.storage.errors import words_of

_LAST_CALL: Final = 2.0  # seconds at a stop, for what is under way
_log: Final = logging.getLogger(__name__)


class LeaseTimes(NamedTuple):
    """How long the lease lasts, when its holder renews it, and how often the other bots try to take it; in seconds."""

    lasts: float = 10.0
    renewal: float = 3.0
    look: float = 1.0


TIMES: Final = LeaseTimes()


class PostingLease:
    """Keeps the lease from `start` to `aclose` while this bot is connected to Discord, or waits for it."""

    def __init__(self, store: AsyncStore, times: LeaseTimes = TIMES, clock: Callable[[], float] = boot_clock) -> None:
        self._store = store
        self._times = times
        self._clock = clock
        self._holder = str(uuid4())
        self._name = ""
        self._until = self._elsewhere_until = 0.0
        self._keeping: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._taken = asyncio.Event()
        self._told = ""

    @property
    def is_held(self) -> bool:
        """Return whether this bot writes notices and requests now. The clock counts a sleep, and never jumps."""
        return self._clock() < self._until

    @property
    def is_elsewhere(self) -> bool:
        """Return whether another bot of this Discord application had the lease a moment ago."""
        return self._clock() < self._elsewhere_until

    def start(self, application: int, is_connected: Callable[[], bool]) -> None:
        """Begin to take or renew the lease of this Discord application, if that has not begun yet.

        A bot that is not connected renews nothing: another one that is, takes over.
        """
        if self._keeping is None:
            self._name = f"posting.{application}"
            self._keeping = asyncio.create_task(self._keep(is_connected), name="posting lease")

    async def pause(self, seconds: float) -> None:
        """Wait before the next look at the store: so many seconds, or until this bot gets the lease."""
        if self.is_held:
            await asyncio.sleep(seconds)
            return
        self._taken.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._taken.wait()

    async def aclose(self) -> None:
        """Give the lease back, so that another bot continues at once."""
        self._stopping.set()
        if self._keeping is None:
            return
        await asyncio.wait((self._keeping,), timeout=_LAST_CALL)
        self._keeping.cancel()
        if self._until:
            self._until = 0.0
            end = self._store.run(lambda store: store.timed_lease(self._name).end(self._holder))
            giving = asyncio.create_task(end, name="end of the posting lease")
            await asyncio.wait((giving,), timeout=_LAST_CALL)
            if not giving.done() or giving.exception():
                _log.warning("the right to write notices was not given back; it ends in %.0f s", self._times.lasts)

    async def _keep(self, is_connected: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            await self._try(is_connected)
            try:
                async with asyncio.timeout(self._times.renewal if self.is_held else self._times.look):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def _try(self, is_connected: Callable[[], bool]) -> None:
        """Take or renew the lease; if that fails, this bot writes nothing from the end of the lease on."""
        asked_at, had_it = self._clock(), self.is_held
        try:
            if not is_connected():
                return
            has_it = await self._store.run(
                lambda store: store.timed_lease(self._name).take(self._holder, self._times.lasts)
            )
        except Exception as error:  # noqa: BLE001 - the next try may succeed
            if self._told != (told := words_of(error)):
                _log.warning("could not settle which bot writes notices and login requests: %s", told)
            self._told = told
            return
        lapses_at = asked_at + self._times.lasts
        self._until, self._elsewhere_until = (lapses_at, 0.0) if has_it else (0.0, lapses_at)
        told = "this bot" if has_it else "another bot"
        if has_it:
            self._taken.set()
        if self._told != told or had_it != has_it:
            _log.info("%s of this Discord application writes notices and login requests", told)
        self._told = told
