"""Waiting for a tenant's refresh lock with a bound: how long, how often it is tried, and for whom it is a courtesy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from openab_auth.storage import AsyncStore
from openab_auth.storage.entries import Tenant
from openab_auth.storage.errors import StorageError
from openab_auth.storage.workers import in_thread

REFRESH_DEADLINE: Final = 20.0  # seconds: two requests of 8 s and 4 s for the disk, as all writers of the file have it
_LONGEST_STEP: Final = 1.0  # seconds that one look counts for at most
_RETRY: Final = 0.08  # seconds between two tries for the lock; a commit is seen sooner, by the store's version


async def rechecks(store: AsyncStore, seconds: float, stopping: asyncio.Event | None = None) -> AsyncIterator[None]:
    """Now, then whenever the store changes or a lock is worth another try, and once more at the end of `seconds`.

    `stopping` ends the wait early, for a process that is told to stop.
    """
    clock = asyncio.get_running_loop().time
    waited, last = 0.0, clock()
    while True:
        version, now = store.version(), clock()
        # only time in which this process ran: after SIGSTOP the lock, or what its holder stored, is still waited for
        waited, last = waited + min(now - last, _LONGEST_STEP), now
        yield
        if waited >= seconds or (stopping is not None and stopping.is_set()):
            return
        await store.changed(version, min(_RETRY, seconds - waited))


@asynccontextmanager
async def hold_lease(
    store: AsyncStore, tenant: Tenant, *, wait: float = REFRESH_DEADLINE, stopping: asyncio.Event | None = None
) -> AsyncIterator[bool]:
    """Hold the lock, so that a refresh in flight ends first; False when it was not had within `wait` seconds.

    For login and logout, which go on without it, as they do when `stopping` ends the wait. A lock that cannot be opened
    is like one that was not had: a refresh commits only over the refresh token that it posted, so what we write is safe
    from it either way.
    """
    held = False
    try:
        lock = store.refresh_lock(tenant)
        async for _ in rechecks(store, wait, stopping):
            held = await in_thread(lock.try_acquire)
            if held:
                break
    except StorageError:
        yield False
        return
    try:
        yield held
    finally:
        if held:
            lock.release()
