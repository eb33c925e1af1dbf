"""Bound what clients can cause: waiting requests, and refreshes by their word."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from openab_auth.bot.broker.refusals import RefreshedLatelyError, TooManyWaitError
from openab_auth.oauth.entries import REFRESH_DEADLINE, AccessToken
from openab_auth.oauth.tokens.adopt import adopt
from openab_auth.storage import AsyncStore, Draft, Note, Tenant
from openab_auth.storage.records import RefusedToken

MOST_WAITING: Final = 64  # requests of one client
_MINUTE: Final = 60.0  # seconds


class WaitingRequests:
    """Counts the requests of each client that wait for their answer."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()

    def begin(self, client: str) -> None:
        """Count a request, until `end` is called.

        Raises:
            TooManyWaitError: the client has its most requests waiting.
        """
        if self._count[client] >= MOST_WAITING:
            raise TooManyWaitError(MOST_WAITING)
        self._count[client] += 1

    def end(self, client: str) -> None:
        """Count a request no more."""
        self._count[client] -= 1
        if not self._count[client]:
            del self._count[client]


class RefreshesByWord:
    """The refreshes that the words of clients have caused: one for each login and minute, by all brokers together.

    The login's note says which token was refused, and when. Clients that report this token during the refresh share
    it, also at other brokers. `clock` gives unix seconds.
    """

    def __init__(self, store: AsyncStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._running: dict[Tenant, asyncio.Task[AccessToken]] = {}
        self._stopping = asyncio.Event()

    async def refresh(
        self, tenant: Tenant, refused: AccessToken, refresh: Callable[[], Awaitable[AccessToken]], *, waits: bool = True
    ) -> AccessToken:
        """Return what `refresh` returns, or the token that a running refresh of this login brings.

        Without `waits`, the refresh of another broker is not waited for: the token still lives.

        Raises:
            RefreshedLatelyError: the word of a client has caused a refresh less than a minute ago.
            OAuthError, StorageError: as `refresh`, or the note cannot be written.
        """
        task = self._running.get(tenant)
        if task is None:
            task = self._running[tenant] = asyncio.create_task(self._refresh(tenant, refused, refresh, waits=waits))
            task.add_done_callback(lambda done: self._end(tenant, done))
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Wait for the running refreshes, and end the waits for those of other brokers."""
        self._stopping.set()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _refresh(
        self, tenant: Tenant, refused: AccessToken, refresh: Callable[[], Awaitable[AccessToken]], *, waits: bool
    ) -> AccessToken:
        sha256, now = refused.value.fingerprint(), self._clock()
        before = await self._store.update(partial(_claim, tenant=tenant, sha256=sha256, now=now))
        if before is None:
            return await refresh()
        left = min(REFRESH_DEADLINE - (now - before.at), REFRESH_DEADLINE)
        if waits and before.fingerprint == sha256 and left > 0:  # another broker refreshes it now
            adopted = await adopt(
                *(self._store, tenant, lambda entry: entry.access_token != refused.value),
                seconds=left,
                stopping=self._stopping,
            )
            if adopted is not None:
                return AccessToken.of(adopted)
        raise RefreshedLatelyError(_MINUTE - (self._clock() - before.at))

    def _end(self, tenant: Tenant, task: asyncio.Task[AccessToken]) -> None:
        del self._running[tenant]
        if not task.cancelled():
            task.exception()  # retrieved here, because every client may have gone away


def _claim(draft: Draft, tenant: Tenant, sha256: str, now: float) -> RefusedToken | None:
    """Note that a token was refused, and return None; or return the token for which that was noted a minute ago."""
    note = draft.notes.get(tenant) or Note()
    if note.refused is not None and abs(now - note.refused.at) < _MINUTE:  # another host's clock may be ahead
        return note.refused
    draft.notes[tenant] = note._replace(refused=RefusedToken(sha256, int(now)))
    return None
