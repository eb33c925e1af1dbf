"""Whose turn it is to refresh: take the tenant's lock, or adopt what its holder commits without queueing for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from oauth.errors import NotLoggedInError, RefreshBusyError
from storage import AsyncStore, RefreshLock, Secret, Tenant, TokenEntry

DEADLINE: Final = 20.0  # seconds: two requests of 8 s and 4 s for the disk, as all writers of the file have it
_RETRY: Final = 0.05  # seconds between two tries for the lock; a commit is seen sooner, by the store's version


@dataclass(frozen=True, slots=True)
class Adopted:
    """Another process has renewed the login; nobody needs to ask the vendor."""

    entry: TokenEntry


async def lock_or_adopt(
    store: AsyncStore, tenant: Tenant, stale: Secret, *, deadline: float = DEADLINE
) -> RefreshLock | Adopted:
    """The tenant's lock, held, or the entry that took the place of the one with the access token `stale`.

    Raises:
        NotLoggedInError: the login was removed meanwhile.
        RefreshBusyError: the lock stayed with somebody who committed nothing; without it nobody refreshes.
        StorageError: the sidecar cannot be opened, or the store cannot be read.
    """
    loop = asyncio.get_running_loop()
    give_up = loop.time() + deadline
    lock = store.refresh_lock(tenant)
    while True:
        version = store.version()
        entry = (await store.read()).get(tenant)
        if not isinstance(entry, TokenEntry):
            raise NotLoggedInError(tenant)
        if entry.access_token != stale:
            return Adopted(entry)
        if await asyncio.to_thread(lock.try_acquire):
            return lock
        if loop.time() >= give_up:
            raise RefreshBusyError(tenant, deadline)
        await store.changed(version, _RETRY)
