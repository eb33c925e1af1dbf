"""Renewed logins that neither the store nor its journal would take: served from memory until one of them does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from oauth.errors import NotLoggedInError
from storage import AsyncStore, Draft, LoginEntry, RefreshLock, Secret, StorageError, Tenant
from storage.journal import comes_after

_RETRY: Final = 1.0  # seconds between two tries
_log: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Kept:
    """A renewed login, the refresh token that was posted for it, how it is committed, and its tenant's lock, held.

    While the lock is held, no other process posts the spent token that it still reads in the store.
    """

    entry: LoginEntry
    posted: Secret
    commit: Callable[[Draft], object]
    lock: RefreshLock
    told: str = ""


class Unsaved:
    """What one process must not forget; tries to store it every second."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._kept: dict[Tenant, Kept] = {}
        self._saving: asyncio.Task[None] | None = None

    def keep(self, tenant: Tenant, kept: Kept) -> None:
        """Serve this login from now on, and go on trying to store it."""
        self._kept[tenant] = kept
        if self._saving is None or self._saving.done():
            self._saving = asyncio.create_task(self._save_all(), name="unsaved logins")

    def holds(self, lock: RefreshLock) -> bool:
        """Whether this lock is one that must stay held."""
        return any(kept.lock is lock for kept in self._kept.values())

    def newest(self, tenant: Tenant, stored: LoginEntry) -> LoginEntry:
        """`stored`, or the login that is to take its place."""
        kept = self._kept.get(tenant)
        if kept and comes_after(kept.entry, stored, (kept.posted.fingerprint(),)):
            return kept.entry
        return stored

    async def save(self, tenant: Tenant) -> None:
        """Store what is kept for the tenant, if there is something.

        Raises:
            StorageError: it is still in memory only.
        """
        kept = self._kept.get(tenant)
        if kept is None:
            return
        try:
            await self._store_it(tenant, kept)
        except NotLoggedInError:
            _log.info("%s: logged out before its renewed login could be stored", tenant)
        except StorageError as error:
            if kept.told != str(error):
                _log.error("%s: its renewed login is in the memory of this process alone: %s", tenant, error)
            kept.told = str(error)
            raise
        else:
            _log.warning("%s: the store takes logins again; the renewed one is in it, or a newer one", tenant)
        if self._kept.get(tenant) is kept:  # not when the next one has failed meanwhile
            del self._kept[tenant]
            kept.lock.release()

    async def aclose(self) -> None:
        """Try once more; what cannot be stored now is lost with this process, which is logged."""
        if self._saving is not None:
            self._saving.cancel()
            await asyncio.gather(self._saving, return_exceptions=True)
        for tenant in tuple(self._kept):
            try:
                await self.save(tenant)
            except StorageError as error:
                _log.critical("%s: its renewed login is lost, log in again: %s", tenant, error)
                self._kept.pop(tenant).lock.release()

    async def _store_it(self, tenant: Tenant, kept: Kept) -> None:
        try:
            await self._store.update(kept.commit)
        except StorageError as error:
            try:
                await self._store.spill(tenant, kept.entry, kept.posted)
            except StorageError:
                raise error from None

    async def _save_all(self) -> None:
        while self._kept:
            await asyncio.sleep(_RETRY)
            await asyncio.gather(*map(self.save, tuple(self._kept)), return_exceptions=True)
