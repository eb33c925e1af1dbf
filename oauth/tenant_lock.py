"""Waiting for a tenant's refresh lock with a bound, for those who will go on without it (login and logout)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from storage import AsyncStore
from storage.entries import Tenant
from storage.errors import StorageError

LOCK_WAIT: Final = 20.0  # seconds: two requests of 8 s and 4 s for the disk, as all writers of the file have it
_POLL: Final = 0.02


@asynccontextmanager
async def tenant_lock(
    store: AsyncStore, tenant: Tenant, *, wait: float = LOCK_WAIT, hurry: asyncio.Event | None = None
) -> AsyncIterator[bool]:
    """Hold the lock, so that a refresh in flight ends first; False when it was not had within `wait` seconds.

    `hurry` ends the wait early, for a process that is told to stop. A lock that cannot be opened is like one that was
    not had: a refresh commits only over the refresh token that it posted, so what we write is safe from it either way.
    """
    try:
        lock = store.refresh_lock(tenant)
        deadline = time.monotonic() + wait
        while not (held := await asyncio.to_thread(lock.try_acquire)):
            if time.monotonic() >= deadline or (hurry is not None and hurry.is_set()):
                break
            await asyncio.sleep(_POLL)
    except StorageError:
        yield False
        return
    try:
        yield held
    finally:
        if held:
            lock.release()
