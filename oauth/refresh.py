"""One refresh of one login: under its tenant's lock, one request, committed only over the token that was posted."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from oauth.adopt import Adopted, lock_or_adopt, renewed, stored
from oauth.errors import LoginDeadError, NotLoggedInError
from storage import AsyncStore, StorageError, TokenEntry
from storage.draft import Draft
from storage.notes import DeadToken, Note

if TYPE_CHECKING:
    from oauth.driver import Driver
    from oauth.reply import Grant
    from oauth.vendor import Vendor

_log: Final = logging.getLogger(__name__)


class Refresh:
    """Renews the login of `vendor`; `clock` gives unix seconds, `deadline` bounds the wait for others, in seconds.

    `driver` is asked for only by whoever has the lock: those who adopt need no HTTP client.
    """

    def __init__(
        self,
        store: AsyncStore,
        vendor: Vendor,
        driver: Callable[[], Awaitable[Driver]],
        *,
        clock: Callable[[], float],
        deadline: float,
    ) -> None:
        self._store = store
        self._vendor = vendor
        self._tenant = vendor.tenant
        self._driver = driver
        self._clock = clock
        self._deadline = deadline

    async def run(self, stale: TokenEntry) -> TokenEntry:
        """The login that takes the place of `stale`: another process's, or a new one of the vendor.

        Raises:
            OAuthError: as `TokenSource.get_valid`.
            StorageError: the store cannot be read or written.
        """
        await self._check_refreshable(stale)  # nobody need wait for a lock to learn this
        turn = await lock_or_adopt(self._store, self._tenant, stale, clock=self._clock, deadline=self._deadline)
        if isinstance(turn, Adopted):
            return turn.entry
        try:
            entry = await stored(self._store, self._tenant)
            return entry if renewed(entry, stale, self._clock()) else await self._renew(entry)
        finally:
            turn.release()

    async def _renew(self, entry: TokenEntry) -> TokenEntry:
        await self._check_refreshable(entry)
        # A token that the vendor rotates and the disk refuses is lost: see that it can be kept before asking for it.
        await self._store.check_writable()
        driver = await self._driver()
        try:
            grant = await driver.refresh(self._vendor, self._tenant, entry.refresh_token, entry.token_endpoint)
        except LoginDeadError as error:
            return await self._bury(entry, error)
        return await self._store.update(lambda draft: self._commit(draft, entry, grant))

    async def _check_refreshable(self, entry: TokenEntry) -> None:
        """Refuse without a request what the vendor cannot or will not renew."""
        if not entry.refresh_token:
            raise LoginDeadError(self._tenant, "the vendor gave no refresh token")
        note = (await self._store.notes()).get(self._tenant)
        if note and note.dead and note.dead.fingerprint == entry.refresh_token.fingerprint():
            raise LoginDeadError(self._tenant, note.dead.reason, note.dead.since)

    async def _bury(self, posted: TokenEntry, error: LoginDeadError) -> TokenEntry:
        """Remember that the posted token is dead and raise, unless another login is there by now: then that one."""
        try:
            stands = await self._store.update(lambda draft: self._note_dead(draft, posted, error.reason))
        except StorageError as unsaved:
            _log.warning("%s: that the login is dead could not be noted: %s", self._tenant, unsaved)
            raise error from None
        if stands is None:
            raise error
        return stands

    def _commit(self, draft: Draft, posted: TokenEntry, grant: Grant) -> TokenEntry:
        """Write the grant, unless a login or a logout came in between: then that one stands."""
        current = self._login(draft)
        if current.refresh_token != posted.refresh_token:
            _log.info("%s: another login came in during a refresh and stands", self._tenant)
            return current
        draft[self._tenant] = following = dataclasses.replace(
            current,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or current.refresh_token,
            expires_at=grant.expires_at,
        )
        return following

    def _note_dead(self, draft: Draft, posted: TokenEntry, reason: str) -> TokenEntry | None:
        """Note it for the posted token alone; the login that has another one by now is given and untouched."""
        current = self._login(draft)
        if current.refresh_token != posted.refresh_token:
            return current
        dead = DeadToken(posted.refresh_token.fingerprint(), reason, int(self._clock()))
        draft.notes[self._tenant] = dataclasses.replace(draft.notes.get(self._tenant) or Note(), dead=dead)
        return None

    def _login(self, draft: Draft) -> TokenEntry:
        current = draft.get(self._tenant)
        if not isinstance(current, TokenEntry):
            raise NotLoggedInError(self._tenant)
        return current
