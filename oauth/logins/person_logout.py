"""End everything that one person has: personal logins, pending logins, choices and agreements.

A login that may share its grant with a login of others is removed here and not revoked: that would end theirs, too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from openab_auth.oauth.accounts import Account, owner_of_login, stored_account
from openab_auth.oauth.entries.pending_entry import read_pending
from openab_auth.oauth.entries.same_account import logins_of_same_account
from openab_auth.oauth.errors import NotLoggedInError
from openab_auth.oauth.logins.logout import LogoutResult
from openab_auth.oauth.logins.waiting import WaitingLogins
from openab_auth.oauth.threads import forget_person
from openab_auth.oauth.vendors import Catalogue
from openab_auth.oauth.vendors.account_labels import own_label, split_label
from openab_auth.storage import AsyncStore
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import Entry, LoginEntry, PendingEntry, Tenant, UserId


class Logout(Protocol):
    """`Logins.logout`."""

    def __call__(self, account: Account, *, revoke: bool) -> Awaitable[LogoutResult]:
        """End the login."""
        ...


@dataclass(frozen=True, slots=True)
class EndedLogin:
    """The end of one personal login; `shared_with` are logins of others for whose sake it was not revoked."""

    result: LogoutResult
    shared_with: tuple[Tenant, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonLogout:
    """The ended logins of one person; `pending` names the vendor of each pending login."""

    person: UserId
    logins: tuple[EndedLogin, ...]
    pending: tuple[str, ...]
    had_choices: bool  # in threads, or agreements

    @property
    def ended_nothing(self) -> bool:
        """Return whether the store held nothing of this person."""
        return not (self.logins or self.pending or self.had_choices)


def personal_tenants(person: UserId, entries: Mapping[str, Entry], catalogue: Catalogue) -> tuple[Tenant, ...]:
    """Return the keys of a person's own accounts, sorted; also of vendors that are configured no longer."""
    return tuple(
        Tenant(tenant)
        for tenant, entry in sorted(entries.items())
        if isinstance(entry, LoginEntry) and owner_of_login(Tenant(tenant), entry, catalogue) == person
    )


async def end_person(  # noqa: PLR0913 - the collaborators
    person: UserId, store: AsyncStore, waiting: WaitingLogins, catalogue: Catalogue, logout: Logout, *, revoke: bool
) -> PersonLogout:
    """End the pending logins, then each login; one step after the other, so that a second call finishes a cut one.

    Raises:
        LoginChangedError: a new login came in meanwhile; what has ended until then stays ended.
        StorageError: the store cannot be read or written; the same holds.
    """
    forgotten = await store.update(lambda draft: _forget(draft, person))
    programs = [login.vendor for login in waiting.in_memory(person)]
    for vendor in {*forgotten.pending, *programs}:
        await waiting.cancel(vendor, person)
    ended = []
    entries = await store.read()
    for tenant in personal_tenants(person, entries, catalogue):
        shared = await _shared_with(person, tenant, store, catalogue) if revoke else ()
        try:
            account = stored_account(tenant, entries[tenant], catalogue)
            ended.append(EndedLogin(await logout(account, revoke=revoke and not shared), shared))
        except NotLoggedInError:  # it is gone, or only a client was registered for it
            continue
    await store.update(lambda draft: _forget_records(draft, person, catalogue))
    return replace(forgotten, logins=tuple(ended), pending=tuple(sorted({*forgotten.pending, *programs})))


async def _shared_with(person: UserId, tenant: Tenant, store: AsyncStore, catalogue: Catalogue) -> tuple[Tenant, ...]:
    entries, notes = await store.read(), await store.notes()
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
