"""Commit logins and logouts, which the vendor has already made, under the tenant's lease; try a busy store again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeVar

from openab_auth.oauth.entries import REFRESH_DEADLINE, hold_lease
from openab_auth.oauth.errors import OAuthError
from openab_auth.storage import AsyncStore
from openab_auth.storage.commit.mutation import Mutation
from openab_auth.storage.entries import Tenant
from openab_auth.storage.errors import words_of

T = TypeVar("T")
_RETRY: Final = 0.5  # seconds between two tries
_log: Final = logging.getLogger(__name__)


class Commits:
    """Commits the logins and logouts of one process; `lock_wait` is in seconds.

    They wait until a running refresh ends, for a limited time. Then they commit without the lease: a person's login is
    never thrown away, and a refresh commits only over the refresh token that it posted.
    """

    def __init__(self, store: AsyncStore, *, lock_wait: float = REFRESH_DEADLINE) -> None:
        self._store = store
        self._lock_wait = lock_wait
        self._closing = asyncio.Event()

    def lease(self, tenant: Tenant) -> AbstractAsyncContextManager[bool]:
        """Hold the tenant's lease; the value is False if the lease was not free in time."""
        return hold_lease(self._store, tenant, wait=self._lock_wait, stopping=self._closing)

    async def persist(self, mutate: Mutation[T], name: str) -> T:
        """Commit; try again while the store is busy or full and time is left.

        Raises:
            StorageError: the store did not take the change in time.
        """
        deadline = time.monotonic() + self._lock_wait
        while True:
            try:
                return await self._store.update(mutate)
            except OAuthError:
                raise
            except Exception as error:
                if time.monotonic() >= deadline or self._closing.is_set():
                    raise
                _log.warning("%s: a change that was made at the vendor waits for the store: %s", name, words_of(error))
            await asyncio.sleep(_RETRY)

    def stop_waiting(self) -> None:
        """Stop waiting for refreshes of other processes, because this process has to stop."""
        self._closing.set()

    async def unless_closing(self, work: Coroutine[None, None, T]) -> T | None:
        """Return the result of `work`, or None if this process has to stop first."""
        working, closing = asyncio.ensure_future(work), asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait((working, closing), return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            closing.cancel()
