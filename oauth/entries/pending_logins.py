"""The pending logins of one store; each change is one locked step."""

from __future__ import annotations

from collections.abc import Callable, Collection

from openab_auth.oauth.entries import login_entry, pending_entry
from openab_auth.oauth.entries.account_limits import check_few_accounts
from openab_auth.oauth.entries.indexed_store import IndexedStore
from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import AsyncStore
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import PendingEntry, UserId, pending_key
from openab_auth.storage.records.notes import Begun


class PendingLogins:
    """Begins, finds, takes and puts back pending logins; `limit` is how many one person may have."""

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
        """Write a pending login; in the same locked step, call `also`.

        Raises:
            LoginTakenError: another person is logged in there, and nobody agreed to replace that login.
            TooManyAccountsError: the person has logged in to too many accounts with a label.
            TooManyLoginsError, TooManyWaitError: the person, or all people together, have too many pending logins.
        """

        def write(draft: Draft) -> None:
            login_entry.check_not_taken(draft, draft.notes, vendor.tenant, user, agreed=begun.replaces)
            if vendor.label:
                check_few_accounts(draft, draft.notes, vendor.tenant, user)
            pending_entry.begin(draft, user, entry, begun, limit=self._limit, now=self._clock())
            if also:
                also(draft)

        await self._store.update(write)

    async def check_not_taken(self, vendor: Vendor, user: UserId, *, agreed: str | None) -> None:
        """Refuse a login before the vendor is asked; `begin` and the commit check again under the lock.

        Raises:
            LoginTakenError: another person is logged in there, and that login is not of the generation `agreed`.
        """
        entries, notes = await self._store.read(), await self._store.notes()
        login_entry.check_not_taken(entries, notes, vendor.tenant, user, agreed=agreed)

    async def with_note(self, login: PendingLogin) -> PendingLogin:
        """Return the pending login with the values from its note."""
        note = (await self._store.notes()).get(pending_key(login.vendor, login.user))
        return login._replace(begun=(note and note.begun) or Begun())

    async def of(self, user: UserId, names: Collection[str] = ()) -> list[tuple[PendingLogin, PendingEntry]]:
        """Return the unexpired pending logins of one person, at the vendors `names` or at all vendors."""
        found = (await self._index.read()).of(user, self._clock())
        return [(login, entry) for login, entry in found if not names or login.vendor in names]

    async def take(self, login: PendingLogin, entry: PendingEntry) -> None:
        """Remove a pending login; only the caller who removed it may post its code.

        Raises:
            NoPendingLoginError: it was taken, cancelled or replaced meanwhile, or it is too old.
        """
        await self._store.update(
            lambda draft: pending_entry.take(draft, login.vendor, login.user, entry, now=self._clock())
        )

    async def put_back(
        self, login: PendingLogin, entry: PendingEntry, *, also: Callable[[Draft], None] | None = None
    ) -> None:
        """Undo `take`, for a code that is certainly unused; in the same locked step, call `also`.

        Raises:
            StorageError: the store could not be written.
        """

        def write(draft: Draft) -> None:
            if pending_entry.put_back(draft, login, entry) and also:
                also(draft)

        await self._store.update(write)
