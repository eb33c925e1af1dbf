"""Wait for the lease of a tenant, for a limited time: only its holder may refresh the login."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from openab_auth.oauth.entries.login_entry import REFRESH_DEADLINE
from openab_auth.storage import AsyncStore, Lease
from openab_auth.storage.entries import Tenant
from openab_auth.storage.errors import StorageError
from openab_auth.storage.worker_thread import in_thread

_LONGEST_STEP: Final = 1.0  # seconds; a longer time between two checks counts as this
_LOOK: Final = 0.08  # seconds between two looks at a store whose version stays: a spill does not change it


async def rechecks(
    store: AsyncStore, seconds: float, stopping: asyncio.Event | None = None, *, lease: Lease | None = None
) -> AsyncIterator[None]:
    """Yield at each moment to look at the store and to try the lease: at once, at each change, and at the end.

    The end comes after `seconds`, or early when `stopping` is set because the process has to stop.
    """
    clock = asyncio.get_running_loop().time
    waited, last = 0.0, clock()
    while True:
        version, now = store.version(), clock()
        # count only time in which this process ran: after SIGSTOP it still waits for the lease or its holder's commit
        waited, last = waited + min(now - last, _LONGEST_STEP), now
        yield
        if waited >= seconds or (stopping is not None and stopping.is_set()):
            return
        pause = _LOOK if lease is None else lease.retry_in()
        await store.wait_for_change(version, min(pause, seconds - waited))


@asynccontextmanager
async def hold_lease(
    store: AsyncStore, tenant: Tenant, *, wait: float = REFRESH_DEADLINE, stopping: asyncio.Event | None = None
) -> AsyncIterator[bool]:
    """Hold the lease during a login or logout, so that a running refresh ends first.

    Yield False if it was not acquired within `wait` seconds, if `stopping` ended the wait, or if its file cannot be
    opened. Login and logout then go on without it: a refresh commits only over the refresh token that it posted, so
    it cannot overwrite their changes.
    """
    held = False
    try:
        lock = store.lease(tenant)
        async for _ in rechecks(store, wait, stopping, lease=lock):
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
