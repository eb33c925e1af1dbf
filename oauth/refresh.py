"""One refresh of one tenant: under its lock, at most one request, committed only over the token that was posted."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable
from typing import Final

from oauth.adopt import Adopted, lock_or_adopt
from oauth.driver import Driver
from oauth.errors import LoginDeadError, NotLoggedInError
from oauth.reply import Grant
from oauth.vendor import Vendor
from storage import AsyncStore, Secret, TokenEntry
from storage.draft import Draft
from storage.notes import DeadToken, Note

_log: Final = logging.getLogger(__name__)


class Refresh:
    """Renews the login of `vendor`; `clock` gives unix seconds."""

    def __init__(self, store: AsyncStore, driver: Driver, vendor: Vendor, *, clock: Callable[[], float]) -> None:
        self._store = store
        self._driver = driver
        self._vendor = vendor
        self._clock = clock

    async def run(self, stale: Secret) -> TokenEntry:
        """The entry with an access token other than `stale`: another process's, or a new one of the vendor.

        Raises:
            OAuthError: as `TokenSource.get_valid`.
            StorageError: the store cannot be read or written; nothing was posted.
        """
        tenant = self._vendor.tenant
        turn = await lock_or_adopt(self._store, tenant, stale)
        if isinstance(turn, Adopted):
            return turn.entry
        try:
            entry = await self._stored()
            if entry.access_token != stale:
                return entry
            return await self._renew(entry)
        finally:
            await asyncio.to_thread(turn.release)

    async def _renew(self, entry: TokenEntry) -> TokenEntry:
        tenant = self._vendor.tenant
        note = (await self._store.notes()).get(tenant)
        if note and note.dead and note.dead.fingerprint == entry.refresh_token.fingerprint():
            raise LoginDeadError(tenant, note.dead.reason, note.dead.since)
        # A token that the vendor rotates and the disk refuses is lost: see that it can be kept before asking for it.
        await self._store.check_writable()
        try:
            grant = await self._driver.refresh(self._vendor, tenant, entry.refresh_token, entry.token_endpoint)
        except LoginDeadError as error:
            reason = error.reason
            stands = await self._store.update(lambda draft: self._bury(draft, entry, reason))
            if stands is None:
                raise
            return stands
        return await self._store.update(lambda draft: self._commit(draft, entry, grant))

    def _commit(self, draft: Draft, posted: TokenEntry, grant: Grant) -> TokenEntry:
        """Write the grant, unless a login or a logout came in between: then that one stands."""
        stored = draft.get(self._vendor.tenant)
        if not isinstance(stored, TokenEntry):
            raise NotLoggedInError(self._vendor.tenant)
        if stored.refresh_token != posted.refresh_token:
            _log.info("%s: another login came in during a refresh and stands", self._vendor.tenant)
            return stored
        renewed = dataclasses.replace(
            stored,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or stored.refresh_token,
            expires_at=grant.expires_at,
        )
        draft[self._vendor.tenant] = renewed
        return renewed

    def _bury(self, draft: Draft, posted: TokenEntry, reason: str) -> TokenEntry | None:
        """Remember that this refresh token is dead, unless the store has another one by now: then that one."""
        stored = draft.get(self._vendor.tenant)
        if isinstance(stored, TokenEntry) and stored.refresh_token != posted.refresh_token:
            return stored
        dead = DeadToken(posted.refresh_token.fingerprint(), reason, int(self._clock()))
        draft.notes[self._vendor.tenant] = dataclasses.replace(
            draft.notes.get(self._vendor.tenant) or Note(), dead=dead
        )
        return None

    async def _stored(self) -> TokenEntry:
        entry = (await self._store.read()).get(self._vendor.tenant)
        if not isinstance(entry, TokenEntry):
            raise NotLoggedInError(self._vendor.tenant)
        return entry
