"""A login's credential and its note: whether it may be replaced, and the locked sections that write and remove it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from oauth.errors import LoginTakenError
from oauth.reply import Grant
from oauth.status import is_dead
from oauth.vendor import Vendor
from storage.draft import Draft
from storage.entries import Entry, Tenant, TokenEntry, UserId
from storage.notes import Note
from storage.secret import Secret


def check_not_taken(
    entries: Mapping[str, Entry], notes: Mapping[str, Note], tenant: Tenant, user: UserId, *, since: int | None = None
) -> None:
    """Refuse when another person's living login is there; with `since`, only one that was made after that second."""
    entry, note = entries.get(tenant), notes.get(tenant, Note())
    if entry is None or note.logged_in_by in (None, user) or is_dead(entry, note):
        return
    if since is None or (note.logged_in_at or 0) > since:
        raise LoginTakenError(tenant, note.logged_in_by, note.account)


def write(draft: Draft, vendor: Vendor, token_url: str, grant: Grant, note: Note) -> str | None:
    """Write the credential and its note; gives the account that was there before."""
    before = draft.notes.get(vendor.tenant, Note()).account if vendor.tenant in draft else None
    draft[vendor.tenant] = TokenEntry(
        access_token=grant.access_token,
        refresh_token=grant.refresh_token or Secret(""),
        expires_at=grant.expires_at,
        token_endpoint=token_url,
        provider=vendor.tenant,
    )
    draft.notes[vendor.tenant] = note
    return before


def name_account(draft: Draft, tenant: Tenant, grant: Grant, account: str) -> None:
    """Name the login, if it is still the one that was just made."""
    entry = draft.get(tenant)
    if isinstance(entry, TokenEntry) and entry.access_token == grant.access_token and tenant in draft.notes:
        draft.notes[tenant] = dataclasses.replace(draft.notes[tenant], account=account)


def remove(draft: Draft, tenant: Tenant) -> bool:
    """Remove the credential and what is remembered of it; False when it was gone already."""
    draft.notes.pop(tenant, None)
    return draft.pop(tenant, None) is not None
