"""Find logins of one vendor account under several keys: they may share one grant, which a revocation ends for all.

The notes hold hashes of the issuer and of the account's identifiers. Another program may have replaced a login since
its note was written, so the answer says what may be, and errs on the side of care.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from openab_auth.oauth.entries.generation import generation_of, generation_together
from openab_auth.oauth.entries.login_entry import has_login
from openab_auth.oauth.errors import AccountStoredError
from openab_auth.oauth.vendors.account_labels import base_of, person_in
from openab_auth.storage.entries import Entry, LoginEntry, McpEntry, Tenant

if TYPE_CHECKING:
    from openab_auth.oauth.entries.pending_entry import PendingLogin
    from openab_auth.oauth.vendors import Catalogue, Vendor
    from openab_auth.storage.commit.draft import Draft
    from openab_auth.storage.records.notes import Note


def logins_of_same_account(
    tenant: Tenant, entries: Mapping[str, Entry], notes: Mapping[str, Note], catalogue: Catalogue
) -> tuple[Tenant, ...]:
    """Return the other logins that may be of the same vendor account as the login under `tenant`, sorted."""
    entry, note = entries.get(tenant), notes.get(tenant)
    if not isinstance(entry, LoginEntry) or note is None or note.subject is None:
        return ()
    return logins_of_account(note.subject.ids, client_of(tenant, entry, catalogue), entries, notes, catalogue, tenant)


def logins_of_account(  # noqa: PLR0913, PLR0917 - the account, and where to look
    ids: Mapping[str, str],
    client_id: str,
    entries: Mapping[str, Entry],
    notes: Mapping[str, Note],
    catalogue: Catalogue,
    but: Tenant,
) -> tuple[Tenant, ...]:
    """Return the logins of the account with these hashed identifiers that this client made, sorted; leave out `but`."""
    return tuple(
        Tenant(tenant)
        for tenant, entry in sorted(entries.items())
        if tenant != but
        and isinstance(entry, LoginEntry)
        and has_login(entries, Tenant(tenant))
        and _is_same(ids, notes.get(tenant))  # before the client, which takes longer to find
        and client_of(Tenant(tenant), entry, catalogue) == client_id
    )


def check_stored_once(
    draft: Draft, vendor: Vendor, login: PendingLogin, replaced: Note | None, catalogue: Catalogue
) -> None:
    """Refuse the new login in `draft` if another login of this vendor is of the same account; call it under the lock.

    A person may have agreed to exactly these other logins. If the login that is `replaced` was of the same account, the
    new login adds no copy of the account, and nobody is asked.

    Raises:
        AccountStoredError: the account is stored under another key of this vendor.
    """
    tenant, note = vendor.tenant, draft.notes.get(vendor.tenant)
    if note is None or note.subject is None or _is_same(note.subject.ids, replaced):
        return
    found = logins_of_same_account(tenant, draft, draft.notes, catalogue)
    others = tuple(other for other in found if _default_of(other, catalogue) == vendor.default_tenant)
    generation = generation_together(generation_of(draft[other], draft.notes.get(other)) for other in others)
    if others and generation != login.begun.beside:
        shown = tuple(other for other in others if person_in(other) in {None, login.user})
        raise AccountStoredError(
            vendor.name, tenant, others, shown=shown, generation=generation, replaces=login.begun.replaces
        )


def _default_of(tenant: Tenant, catalogue: Catalogue) -> Tenant:
    """Return the key of the shared default beside which this login is."""
    row = catalogue.vendor_of(tenant)
    return row.default_tenant if row else Tenant(base_of(tenant))


def client_of(tenant: Tenant, entry: LoginEntry, catalogue: Catalogue) -> str:
    """Return the id of the client that renews a login, or the default's key where no vendor is configured."""
    if isinstance(entry, McpEntry):
        return entry.client_id
    vendor = catalogue.vendor_of(tenant)
    return vendor.client_id if vendor and vendor.client_id else base_of(tenant)


def _is_same(ids: Mapping[str, str], note: Note | None) -> bool:
    """Return whether the first kind of identifier that both have is equal."""
    if note is None or note.subject is None:
        return False
    known = note.subject.ids
    shared = [kind for kind in ids if kind in known]
    return bool(shared) and ids[shared[0]] == known[shared[0]]
