"""End everything that one person has: personal logins, pending logins, choices and agreements.

A login that may share its grant with a login of others is removed here and not revoked: that would end theirs, too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from openab_auth.oauth.accounts import Account, stored_account
from openab_auth.oauth.entries.pending_entry import read_pending
from openab_auth.oauth.entries.same_account import logins_of_same_account
from openab_auth.oauth.errors import NotLoggedInError, PersonChangedError
from openab_auth.oauth.logins.logout import LogoutResult
from openab_auth.oauth.logins.person_holdings import PersonHoldings, claim_leave, personal_tenants, read_holdings
from openab_auth.oauth.logins.waiting import WaitingLogins
from openab_auth.oauth.threads import forget_person
from openab_auth.oauth.vendors import Catalogue
from openab_auth.oauth.vendors.account_labels import own_label, split_label
from openab_auth.storage import AsyncStore
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import LoginEntry, PendingEntry, Tenant, UserId


class Logout(Protocol):
    """`Logins.logout`."""

    def __call__(self, account: Account, generation: str | None = None, *, revoke: bool) -> Awaitable[LogoutResult]:
        """End the login."""
        ...


@dataclass(frozen=True, slots=True)
class EndedLogin:
    """The end of one personal login; `shared_with` are logins of others for whose sake it was not revoked."""

    result: LogoutResult
    shared_with: tuple[Tenant, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonLogout:
    """The ended logins of one person; `pending` names the vendor of each pending login.

    `made` are the shared logins that the person made; they stay.
    """

    person: UserId
    logins: tuple[EndedLogin, ...]
    pending: tuple[str, ...]
    had_choices: bool  # in threads, or agreements
    made: tuple[Tenant, ...] = ()

    @property
    def ended_nothing(self) -> bool:
        """Return whether the store held nothing of this person."""
        return not (self.logins or self.pending or self.had_choices)


class PersonLogins:
    """Reads and ends what one person has. `logout` ends one login, and `catalogue` returns the vendors of now."""

    def __init__(
        self,
        store: AsyncStore,
        waiting: WaitingLogins,
        catalogue: Callable[[], Awaitable[Catalogue]],
        logout: Logout,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._waiting = waiting
        self._catalogue = catalogue
        self._logout = logout
        self._clock = clock

    async def held_by(self, person: UserId) -> PersonHoldings:
        """Return what a person has here.

        Raises:
            StorageError: the store or its records cannot be read.
        """
        entries, notes, threads = await self._store.read(), await self._store.notes(), await self._store.threads()
        programs = self._waiting.in_memory(person)
        return read_holdings(person, entries, notes, threads, await self._catalogue(), programs)

    async def claim_leave(self, person: UserId) -> bool:
        """Return whether this process handles the leave of a person; False if another process does.

        Raises:
            StorageError: the store cannot be read or written.
        """
        change = partial(claim_leave, person=person, catalogue=await self._catalogue(), now=self._clock())
        return await self._store.update(change)

    async def end(self, person: UserId, *, revoke: bool, key: str | None = None) -> PersonLogout:
        """End the pending logins, then each login; one step after the other, so that a second call finishes a cut one.

        With a `key`, end only what `PersonHoldings` had under this key.

        Raises:
            PersonChangedError: something of this person has changed; nothing has ended.
            LoginChangedError: a new login came in meanwhile; what has ended until then stays ended.
            StorageError: the store cannot be read or written; the same holds.
        """
        catalogue, programs = await self._catalogue(), self._waiting.in_memory(person)

        def begin(draft: Draft) -> tuple[PersonHoldings, PersonLogout]:
            held = read_holdings(person, draft, draft.notes, draft.threads, catalogue, programs)
            if key not in {None, held.key}:
                raise PersonChangedError(person)
            return held, _forget(draft, person)

        held, forgotten = await self._store.update(begin)
        vendors = {*forgotten.pending, *(login.vendor for login in programs)}
        for vendor in vendors:
            await self._waiting.cancel(vendor, person)
        agreed = {} if key is None else dict(held.logins)  # the generations that somebody agreed to end
        ended = []
        entries = await self._store.read()
        for tenant in personal_tenants(person, entries, catalogue):
            if key is not None and tenant not in agreed:  # it came in since
                continue
            shared = await self._shared_with(person, tenant, catalogue) if revoke else ()
            try:
                account = stored_account(tenant, entries[tenant], catalogue)
                done = await self._logout(account, agreed.get(tenant), revoke=revoke and not shared)
            except NotLoggedInError:  # it is gone, or only a client was registered for it
                continue
            ended.append(EndedLogin(done, shared))
        await self._store.update(lambda draft: _forget_records(draft, person, catalogue))
        return replace(forgotten, logins=tuple(ended), pending=tuple(sorted(vendors)), made=held.made)

    async def _shared_with(self, person: UserId, tenant: Tenant, catalogue: Catalogue) -> tuple[Tenant, ...]:
        entries, notes = await self._store.read(), await self._store.notes()
        own = {*personal_tenants(person, entries, catalogue)}
        return tuple(found for found in logins_of_same_account(tenant, entries, notes, catalogue) if found not in own)


def _forget(draft: Draft, person: UserId) -> PersonLogout:
    """Remove the pending logins, the choices and the agreements of a person."""
    pending = []
    for key, entry in [*draft.items()]:
        login = read_pending(key, entry) if isinstance(entry, PendingEntry) else None
        if login is not None and login.user == person:
            pending.append(login.vendor)
            del draft[key]
            draft.notes.pop(key, None)
            draft.clients.pop(key, None)
    before = dict(draft.threads)
    forget_person(draft, person)
    return PersonLogout(person, (), tuple(pending), had_choices=dict(draft.threads) != before)


def _forget_records(draft: Draft, person: UserId, catalogue: Catalogue) -> None:
    """Remove the clients that were registered for a person's own accounts, and their entries without a login."""
    for tenant in personal_tenants(person, draft, catalogue):
        entry = draft[tenant]
        if isinstance(entry, LoginEntry) and not entry.access_token:
            del draft[tenant]
    for key in [*draft.clients]:
        named = split_label(key.partition(" ")[0])[1]
        if named == own_label(person) and key not in draft:
            draft.clients.pop(key, None)
