"""Bound what clients can cause: waiting requests, and refreshes by their word."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from openab_auth.bot.broker.problems import RefreshedLatelyError, TooManyWaitError
from openab_auth.oauth.entries import AccessToken
from openab_auth.storage import Tenant

MOST_WAITING: Final = 64  # requests of one client
_MINUTE: Final = 60.0  # seconds


class WaitingRequests:
    """Counts the requests of each client that wait for their answer."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()

    @contextlib.contextmanager
    def one_of(self, client: str) -> Iterator[None]:
        """Count a request during the block.

        Raises:
            TooManyWaitError: the client has its most requests waiting.
        """
        if self._count[client] >= MOST_WAITING:
            raise TooManyWaitError(MOST_WAITING)
        self._count[client] += 1
        try:
            yield
        finally:
            self._count[client] -= 1
            if not self._count[client]:
                del self._count[client]


class RefreshesByWord:
    """The refreshes that the words of clients have caused: one for each login and minute.

    Clients that report a refused token during such a refresh share it. `now` gives seconds that never go back.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began_at: dict[Tenant, float] = {}
        self._running: dict[Tenant, asyncio.Task[AccessToken]] = {}

    async def refresh(self, tenant: Tenant, refresh: Callable[[], Awaitable[AccessToken]]) -> AccessToken:
        """Return what `refresh` returns, or what the running refresh of this login returns.

        Raises:
            RefreshedLatelyError: the word of a client has caused a refresh less than a minute ago.
            OAuthError, StorageError: as `refresh`.
        """
        if (running := self._running.get(tenant)) is not None:
            return await asyncio.shield(running)
        left = self._began_at.get(tenant, -_MINUTE) + _MINUTE - self._now()
        if left > 0:
            raise RefreshedLatelyError(left)
        self._began_at = {name: at for name, at in self._began_at.items() if at + _MINUTE > self._now()}
        self._began_at[tenant] = self._now()
        task = asyncio.ensure_future(_awaited(refresh))
        self._running[tenant] = task
        task.add_done_callback(lambda done: self._end(tenant, done))
        return await asyncio.shield(task)

    def _end(self, tenant: Tenant, task: asyncio.Task[AccessToken]) -> None:
        del self._running[tenant]
        if not task.cancelled():
            task.exception()  # retrieved here, because every client may have gone away


async def _awaited(refresh: Callable[[], Awaitable[AccessToken]]) -> AccessToken:
    return await refresh()
