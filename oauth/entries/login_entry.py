"""A login as it lies in the store, and its note: found, written, renewed, named, removed; all of it within a draft."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.client import renewed_subject
from openab_auth.oauth.entries.generation import generation_of
from openab_auth.oauth.errors import LoginChangedError, LoginTakenError, NotLoggedInError
from openab_auth.storage.draft import Draft
from openab_auth.storage.entries import Entry, LoginEntry, McpEntry, Tenant, TokenEntry, UserId
from openab_auth.storage.records.notes import DeadToken, Note
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.client import TokenResponse
    from openab_auth.oauth.vendors import Catalogue, Vendor

_MCP: Final = "mcp:"


SKEW: Final = 120  # seconds; a token this close to its end counts as expired, in every language that reads the file


def login_of(entries: Mapping[str, Entry], tenant: Tenant) -> LoginEntry:
    """The login under a tenant, of either shape.

    Raises:
        NotLoggedInError: there is none; a client that is registered at an MCP server is no login yet.
    """
    entry = entries.get(tenant)
    if isinstance(entry, TokenEntry) or (isinstance(entry, McpEntry) and entry.access_token):
        return entry
    raise NotLoggedInError(tenant)


def has_login(entries: Mapping[str, Entry], tenant: Tenant) -> bool:
    """Whether there is a login under a tenant, of either shape; a client that is registered at a server is none."""
    entry = entries.get(tenant)
    return isinstance(entry, TokenEntry) or (isinstance(entry, McpEntry) and bool(entry.access_token))


def tenant_of(entries: Mapping[str, Entry], word: str, catalogue: Catalogue | None = None) -> Tenant:
    """The key of the login that `word` means: a tenant, a vendor's name, an MCP server's, or `mcp:` and a server's.

    A server's login lies under its bare name, where today's agents look, or under `mcp:` and the name. What lies there
    and is a vendor's is never meant by `mcp:`.
    """
    server = catalogue.server(word) if catalogue else None
    if word.startswith(_MCP) or server:
        name = word.removeprefix(_MCP)
        found = (key for key in (name, f"{_MCP}{name}") if isinstance(entries.get(key), McpEntry))
        return Tenant(next(found, f"{_MCP}{name}" if isinstance(entries.get(name), TokenEntry) else name))
    return catalogue.tenant_of(word) if catalogue else Tenant(word)


def dead_of(entry: Entry | None, note: Note | None) -> DeadToken | None:
    """What is noted of the end of this very login; a note about an older refresh token does not count."""
    if note is None or note.dead is None or not isinstance(entry, TokenEntry | McpEntry):
        return None
    return note.dead if note.dead.fingerprint == entry.refresh_token.fingerprint() else None


def tell_of_dead(draft: Draft) -> tuple[Tenant, ...]:
    """The logins that have died and of which nobody was told; from now on they count as told."""
    died = tuple(Tenant(tenant) for tenant, note in draft.notes.items() if _untold(draft.get(tenant), note))
    for tenant in died:
        note = draft.notes[tenant]
        assert note.dead is not None  # noqa: S101 - it is why the tenant is here
        draft.notes[tenant] = dataclasses.replace(note, dead=dataclasses.replace(note.dead, told=True))
    return died


def has_untold(entries: Mapping[str, Entry], notes: Mapping[str, Note]) -> bool:
    """Whether a login has died of which nobody was told."""
    return any(_untold(entries.get(tenant), note) for tenant, note in notes.items())


def _untold(entry: Entry | None, note: Note) -> bool:
    dead = dead_of(entry, note)
    return dead is not None and not dead.told


def check_not_taken(
    entries: Mapping[str, Entry], notes: Mapping[str, Note], tenant: Tenant, user: UserId, *, agreed: str | None
) -> None:
    """Refuse when another person's living login is there, or one whose maker nobody knows.

    `agreed` is the generation of the login that this person agreed to replace.

    Raises:
        LoginTakenError: whose it is.
        StoreUnreadableError: nobody can know whose the login there is.
    """
    entry, note = entries.get(tenant), notes.get(tenant, Note())
    if not has_login(entries, tenant) or note.logged_in_by == user or dead_of(entry, note):
        return
    if (generation := generation_of(entry, note)) != agreed:
        raise LoginTakenError(tenant, note.logged_in_by, note.account, generation)


def write(draft: Draft, vendor: Vendor, token_url: str, grant: TokenResponse, note: Note) -> str | None:
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


def renewed_entry(entry: LoginEntry, grant: TokenResponse, *, now: float) -> LoginEntry:
    """The entry with the tokens of `grant`; what the reply leaves out stays as it was (RFC 6749 6)."""
    if isinstance(entry, TokenEntry):
        return dataclasses.replace(
            entry,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or entry.refresh_token,
            expires_at=grant.expires_at,
        )
    reply = dict(entry.token_response or {}) | {
        "access_token": grant.access_token.reveal(),
        "expires_in": max(0, grant.expires_at - int(now)),
    }
    if grant.refresh_token:
        reply["refresh_token"] = grant.refresh_token.reveal()
    if grant.scopes:
        reply["scope"] = " ".join(grant.scopes)
    return dataclasses.replace(
        entry,
        token_response=reply,
        granted_scopes=grant.scopes or entry.granted_scopes,
        token_received_at=int(now),
        issuer=grant.issuer or entry.issuer,
    )


def renewed_note(note: Note, posted: LoginEntry, following: LoginEntry, grant: TokenResponse) -> Note:
    """Return the note of a login that was renewed: what its vendor calls the account now, and whose it is."""
    return dataclasses.replace(
        note,
        attempt=None,
        account=grant.account or note.account,
        subject=renewed_subject(note.subject, posted.refresh_token, grant.subject, following.refresh_token),
    )


def name_account(draft: Draft, tenant: Tenant, grant: TokenResponse, account: str) -> None:
    """Name the login, if it is still the one that was just made."""
    entry = draft.get(tenant)
    if isinstance(entry, TokenEntry) and entry.access_token == grant.access_token and tenant in draft.notes:
        draft.notes[tenant] = dataclasses.replace(draft.notes[tenant], account=account)


def the_login(draft: Draft, tenant: Tenant, generation: str) -> LoginEntry:
    """Return the login of this generation; entry and note are read in one locked step, so that they belong together.

    Raises:
        NotLoggedInError: nobody is logged in there.
        LoginChangedError: another login is there by now.
    """
    entry = login_of(draft, tenant)
    if generation_of(entry, draft.notes.get(tenant)) != generation:
        raise LoginChangedError(tenant)
    return entry


def remove(draft: Draft, tenant: Tenant) -> bool:
    """Remove the credential and what is remembered of it; False when it was gone already."""
    draft.notes.pop(tenant, None)
    entry = draft.pop(tenant, None)
    if isinstance(entry, McpEntry):
        draft.clients.pop(tenant, None)
    return entry is not None
