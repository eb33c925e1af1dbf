"""Bound what clients can cause: waiting requests, and refreshes by their word."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Final

from openab_auth.bot.broker.refusals import RefreshedLatelyError, TooManyWaitError
from openab_auth.oauth.entries import AccessToken
from openab_auth.storage import AsyncStore, Draft, Note, Tenant

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
    """The refreshes that the words of clients have caused: one for each login and minute, by all brokers together.

    The time is in the login's note. Clients that report a refused token during such a refresh share it. `clock` gives
    unix seconds.
    """

    def __init__(self, store: AsyncStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._running: dict[Tenant, asyncio.Task[AccessToken]] = {}

    async def refresh(self, tenant: Tenant, refresh: Callable[[], Awaitable[AccessToken]]) -> AccessToken:
        """Return what `refresh` returns, or what the running refresh of this login returns.

        Raises:
            RefreshedLatelyError: the word of a client has caused a refresh less than a minute ago.
            OAuthError, StorageError: as `refresh`, or the note cannot be written.
        """
        task = self._running.get(tenant)
        if task is None:
            task = self._running[tenant] = asyncio.create_task(self._claimed(tenant, refresh))
            task.add_done_callback(lambda done: self._end(tenant, done))
        return await asyncio.shield(task)

    async def _claimed(self, tenant: Tenant, refresh: Callable[[], Awaitable[AccessToken]]) -> AccessToken:
        await self._store.update(partial(_claim, tenant=tenant, now=self._clock()))
        return await refresh()

    def _end(self, tenant: Tenant, task: asyncio.Task[AccessToken]) -> None:
        del self._running[tenant]
        if not task.cancelled():
            task.exception()  # retrieved here, because every client may have gone away


def _claim(draft: Draft, tenant: Tenant, now: float) -> None:
    """Note that the word of a client causes a refresh now.

    Raises:
        RefreshedLatelyError: another one did it less than a minute ago.
    """
    note = draft.notes.get(tenant) or Note()
    if note.refused_at is not None and 0 <= (passed := now - note.refused_at) < _MINUTE:
        raise RefreshedLatelyError(_MINUTE - passed)
    draft.notes[tenant] = note._replace(refused_at=int(now))
