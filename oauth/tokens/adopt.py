"""Acquire the lease of a tenant, or adopt the login that another process commits meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from openab_auth.oauth.entries import read_login, rechecks
from openab_auth.oauth.errors import RefreshBusyError
from openab_auth.oauth.http import LAST_TRY, Deadline
from openab_auth.oauth.vendors.account_labels import base_of
from openab_auth.storage import AsyncStore, Lease, LoginEntry, Secret, Tenant
from openab_auth.storage.worker_thread import in_thread


async def adopt_or_lease(
    store: AsyncStore, tenant: Tenant, adoptable: Callable[[LoginEntry], bool], deadline: Deadline
) -> Lease | LoginEntry:
    """Acquire the lease while a request still fits into the deadline, or return an `adoptable` login.

    Raises:
        NotLoggedInError: the login was removed meanwhile.
        RefreshBusyError: another process kept the lease and committed nothing.
        StorageError: the lease cannot be opened, or the store cannot be read.
    """
    lease = _lease(store, tenant)
    async for _ in rechecks(store, deadline.left(), deadline.stopping, lease=lease):
        entry = await stored_login(store, tenant)
        if adoptable(entry):
            return entry
        if deadline.allows(LAST_TRY) and await in_thread(lease.try_acquire):
            return lease
    raise RefreshBusyError(tenant, deadline.used(), lease.free_in())


def _lease(store: AsyncStore, tenant: Tenant) -> Lease:
    base = base_of(tenant)
    return store.lease(tenant) if base == tenant else _AccountLease(store.lease(tenant), store.lease(base))


@dataclass(frozen=True, slots=True)
class _AccountLease:
    """The lease of a labelled account, and that of the shared default: one client has one refresh under way."""

    account: Lease
    default: Lease

    def try_acquire(self) -> bool:
        """See `Lease.try_acquire`; both leases are taken, or none."""
        if not self.account.try_acquire():
            return False
        taken = False
        try:
            taken = self.default.try_acquire()
        finally:
            if not taken:
                self.account.release()
        return taken

    def mark_posted(self, needed: float) -> bool:
        """See `Lease.mark_posted`."""
        return self.account.mark_posted(needed) and self.default.mark_posted(needed)

    def free_in(self) -> float | None:
        """See `Lease.free_in`."""
        known = [left for left in (self.account.free_in(), self.default.free_in()) if left is not None]
        return max(known, default=None)

    def retry_in(self) -> float:
        """See `Lease.retry_in`."""
        return self.account.retry_in()

    def release(self) -> None:
        """See `Lease.release`."""
        try:
            self.default.release()
        finally:
            self.account.release()


async def adopt(
    store: AsyncStore,
    tenant: Tenant,
    adoptable: Callable[[LoginEntry], bool],
    *,
    seconds: float,
    stopping: asyncio.Event,
) -> LoginEntry | None:
    """Wait for an `adoptable` login; return None after `seconds`, or when `stopping` is set.

    Raises:
        NotLoggedInError: the login was removed meanwhile.
    """
    async for _ in rechecks(store, seconds, stopping):
        entry = await stored_login(store, tenant)
        if adoptable(entry):
            return entry
    return None


async def stored_login(store: AsyncStore, tenant: Tenant) -> LoginEntry:
    """Return the tenant's login as the store holds it now.

    Raises:
        NotLoggedInError: there is none.
    """
    entry = await store.entry(tenant)
    return read_login({} if entry is None else {tenant: entry}, tenant)


def is_successor(entry: LoginEntry, stale: LoginEntry, now: float) -> bool:
    """Return whether `entry` is newer than `stale` and still lives; a renewal may keep the same access token."""
    return _tokens(entry) != _tokens(stale) and now < entry.expires_at


def _tokens(entry: LoginEntry) -> tuple[Secret, Secret, int]:
    return entry.access_token, entry.refresh_token, entry.expires_at
