"""Commits of what cannot be undone at the vendor: under the tenant's lock, and tried again while the store is busy."""

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
from openab_auth.storage.entries import Tenant
from openab_auth.storage.errors import words_of
from openab_auth.storage.store import Mutation

T = TypeVar("T")
_RETRY: Final = 0.5  # seconds between two tries
_log: Final = logging.getLogger(__name__)


class Commits:
    """Commits the logins and logouts of one process; `lock_wait` is in seconds.

    A refresh in flight ends first. A lock that cannot be had in time stops nobody: a person's login is never thrown
    away, and a refresh commits only over the refresh token that it posted.
    """

    def __init__(self, store: AsyncStore, *, lock_wait: float = REFRESH_DEADLINE) -> None:
        self._store = store
        self._lock_wait = lock_wait
        self._closing = asyncio.Event()

    def locked(self, tenant: Tenant) -> AbstractAsyncContextManager[bool]:
        """Hold the tenant's lock; the value is False if the lock was not free in time."""
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
        """Wait no longer for the refresh of another process: this process is told to stop."""
        self._closing.set()

    async def unless_closing(self, work: Coroutine[None, None, T]) -> T | None:
        """Return the result of `work`, or None if the process is told to stop meanwhile."""
        working, closing = asyncio.ensure_future(work), asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait((working, closing), return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            closing.cancel()
