"""Whose turn it is to refresh: take the tenant's lock, or adopt what its holder commits without queueing for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from oauth.errors import RefreshBusyError
from oauth.login_entry import login_of
from storage import AsyncStore, LoginEntry, RefreshLock, Secret, Tenant

DEADLINE: Final = 20.0  # seconds: two requests of 8 s and 4 s for the disk, as all writers of the file have it
_LAST_TRY: Final = (
    0.6  # of the deadline: who gets the lock later has no time left for a whole request, and only watches
)
_RETRY: Final = 0.05  # seconds between two tries for the lock; a commit is seen sooner, by the store's version


@dataclass(frozen=True, slots=True)
class Adopted:
    """Another process has renewed the login; nobody needs to ask the vendor."""

    entry: LoginEntry


async def lock_or_adopt(
    store: AsyncStore, tenant: Tenant, stale: LoginEntry, *, clock: Callable[[], float], deadline: float
) -> RefreshLock | Adopted:
    """The tenant's lock, held, or the living login that took the place of `stale`; `deadline` is in seconds.

    Raises:
        NotLoggedInError: the login was removed meanwhile.
        RefreshBusyError: the lock stayed with somebody who committed nothing; without it nobody refreshes.
        StorageError: the sidecar cannot be opened, or the store cannot be read.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    lock = store.refresh_lock(tenant)
    while True:
        version = store.version()
        entry = await stored(store, tenant)
        if renewed(entry, stale, clock()):
            return Adopted(entry)
        waited = loop.time() - begun
        if waited >= deadline:
            raise RefreshBusyError(tenant, deadline)
        if waited <= deadline * _LAST_TRY and await asyncio.to_thread(lock.try_acquire):
            return lock
        await store.changed(version, min(_RETRY, deadline - waited))


async def stored(store: AsyncStore, tenant: Tenant) -> LoginEntry:
    """The tenant's login as it is now.

    Raises:
        NotLoggedInError: there is none.
    """
    return login_of(await store.read(), tenant)


def renewed(entry: LoginEntry, stale: LoginEntry, now: float) -> bool:
    """Whether `entry` came after `stale` and still lives; a vendor may renew a login under the same access token."""
    return _generation(entry) != _generation(stale) and now < entry.expires_at


def _generation(entry: LoginEntry) -> tuple[Secret, Secret, int]:
    return entry.access_token, entry.refresh_token, entry.expires_at
