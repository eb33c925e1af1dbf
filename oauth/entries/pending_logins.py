"""The pending logins of one store; each change is one locked step."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from openab_auth.oauth.entries import login_entry, pending
from openab_auth.oauth.entries.entry_index import IndexedStore
from openab_auth.oauth.entries.pending import PendingLogin
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import AsyncStore
from openab_auth.storage.draft import Draft
from openab_auth.storage.entries import PendingEntry, UserId, pending_key
from openab_auth.storage.records.notes import Begun


class PendingLogins:
    """Begun, found, taken once, put back; `limit` is how many one person may have."""

    def __init__(self, store: AsyncStore, index: IndexedStore, *, clock: Callable[[], float], limit: int) -> None:
        self._store = store
        self._index = index
        self._clock = clock
        self._limit = limit

    async def begin(
        self,
        vendor: Vendor,
        user: UserId,
        entry: PendingEntry,
        begun: Begun,
        *,
        also: Callable[[Draft], None] | None = None,
    ) -> None:
        """Write a pending login, and in the same step what `also` writes.

        Raises:
            LoginTakenError: another person's login is there, not the one that may be replaced.
            TooManyLoginsError, TooManyWaitError: the person, or all people together, have too many others.
        """

        def write(draft: Draft) -> None:
            login_entry.check_not_taken(draft, draft.notes, vendor.tenant, user, agreed=begun.replaces)
            pending.begin(draft, user, entry, begun, limit=self._limit, now=self._clock())
            if also:
                also(draft)

        await self._store.update(write)

    async def check_not_taken(self, vendor: Vendor, user: UserId, *, agreed: str | None) -> None:
        """Refuse before anything is asked of the vendor; `begin` and the commit see to it again, under the lock.

        Raises:
            LoginTakenError: another person's login is there, not the one of the generation `agreed`.
        """
        entries, notes = await self._store.read(), await self._store.notes()
        login_entry.check_not_taken(entries, notes, vendor.tenant, user, agreed=agreed)

    async def noted(self, login: PendingLogin) -> PendingLogin:
        """Return the login with what its note holds."""
        note = (await self._store.notes()).get(pending_key(login.vendor, login.user))
        return replace(login, begun=(note and note.begun) or Begun())

    async def of(self, user: UserId, names: Collection[str] = ()) -> list[tuple[PendingLogin, PendingEntry]]:
        """Those of one person that can still be finished, at the vendors of these names or at all."""
        found = (await self._index.read()).of(user, self._clock())
        return [(login, entry) for login, entry in found if not names or login.vendor in names]

    async def take(self, login: PendingLogin, entry: PendingEntry) -> None:
        """Remove it: whoever does that, and nobody else, may post its code.

        Raises:
            NoPendingLoginError: it was taken, cancelled or replaced in between, or is too old now.
        """
        await self._store.update(lambda draft: pending.take(draft, login.vendor, login.user, entry, now=self._clock()))

    async def put_back(self, login: PendingLogin, entry: PendingEntry) -> None:
        """Undo `take`, for a code that never left.

        Raises:
            StorageError: it could not be written.
        """
        await self._store.update(lambda draft: pending.put_back(draft, login, entry))
