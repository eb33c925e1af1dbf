"""Whose turn it is to refresh: take the tenant's lock, or adopt what its holder commits without queueing for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from openab_auth.oauth.entries.login_entry import login_of
from openab_auth.oauth.entries.tenant_lock import store_changes
from openab_auth.oauth.errors import RefreshBusyError
from openab_auth.oauth.http import LAST_TRY, Deadline
from openab_auth.storage import AsyncStore, LoginEntry, RefreshLock, Secret, Tenant
from openab_auth.storage.workers import in_thread


async def lock_or_adopt(
    store: AsyncStore, tenant: Tenant, adoptable: Callable[[LoginEntry], bool], deadline: Deadline
) -> RefreshLock | LoginEntry:
    """The tenant's lock, held, if it comes free while there is time for a request, or what is `adoptable` in all of it.

    Raises:
        NotLoggedInError: the login was removed meanwhile.
        RefreshBusyError: the lock stayed with somebody who committed nothing; without it nobody refreshes.
        StorageError: the sidecar cannot be opened, or the store cannot be read.
    """
    lock = store.refresh_lock(tenant)
    async for _ in store_changes(store, deadline.left(), deadline.stopping):
        entry = await stored(store, tenant)
        if adoptable(entry):
            return entry
        if deadline.allows(LAST_TRY) and await in_thread(lock.try_acquire):
            return lock
    raise RefreshBusyError(tenant, deadline.used())


async def adopt(
    store: AsyncStore,
    tenant: Tenant,
    adoptable: Callable[[LoginEntry], bool],
    *,
    seconds: float,
    stopping: asyncio.Event,
) -> LoginEntry | None:
    """What is `adoptable` within so many seconds, or until `stopping`.

    Raises:
        NotLoggedInError: the login was removed meanwhile.
    """
    async for _ in store_changes(store, seconds, stopping):
        entry = await stored(store, tenant)
        if adoptable(entry):
            return entry
    return None


async def stored(store: AsyncStore, tenant: Tenant) -> LoginEntry:
    """The tenant's login as it is now.

    Raises:
        NotLoggedInError: there is none.
    """
    return login_of(await store.read(), tenant)


def supersedes(entry: LoginEntry, stale: LoginEntry, now: float) -> bool:
    """Whether `entry` came after `stale` and still lives; a vendor may renew a login under the same access token."""
    return _generation(entry) != _generation(stale) and now < entry.expires_at


def _generation(entry: LoginEntry) -> tuple[Secret, Secret, int]:
    return entry.access_token, entry.refresh_token, entry.expires_at
