"""The stored entry of a login, and its note. Functions that take a draft run under the store's lock.

A vendor's login and a login to an MCP server have different shapes; the code above this module need not know them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeGuard

from openab_auth.oauth.entries.generation import generation_of
from openab_auth.oauth.errors import LoginChangedError, LoginTakenError, NotLoggedInError
from openab_auth.storage.entries import NEVER, Entry, LoginEntry, McpEntry, Tenant, TokenEntry, UserId, last_token
from openab_auth.storage.records.notes import DeadToken, Note, RefreshAttempt
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.client import TokenResponse
    from openab_auth.storage.commit.draft import Draft

SKEW: Final = 120  # seconds; a token this close to its end counts as expired, for every program that reads the store
_REJECTED: Final = "a server refused its token"
_REJECTED_AGAIN: Final = 300.0  # seconds
REFRESH_DEADLINE: Final = 20.0  # seconds: two requests of 8 s, and 4 s for the disk; other agents use the same


def read_login(entries: Mapping[str, Entry], tenant: Tenant) -> LoginEntry:
    """Return the login of a tenant, of either shape.

    Raises:
        NotLoggedInError: there is none; a client that is registered at an MCP server is not a login.
    """
    entry = entries.get(tenant)
    if not _is_login(entry):
        raise NotLoggedInError(tenant)
    return entry


def has_login(entries: Mapping[str, Entry], tenant: Tenant) -> bool:
    """Return whether a tenant has a login; a client that is registered at an MCP server is not a login."""
    return _is_login(entries.get(tenant))


def _is_login(entry: Entry | None) -> TypeGuard[LoginEntry]:
    return isinstance(entry, LoginEntry) and bool(entry.access_token or isinstance(entry, TokenEntry))


def token_endpoint(entry: LoginEntry) -> str:
    """Return the endpoint at which a vendor's login is renewed; empty for a server's, whose client record names it."""
    return entry.token_endpoint if isinstance(entry, TokenEntry) else ""


def expiry_of(entry: LoginEntry) -> int | None:
    """Return when the access token expires, in unix seconds; None if an MCP server did not say."""
    return None if isinstance(entry, McpEntry) and entry.expires_at == NEVER else entry.expires_at


def has_client_record(entry: LoginEntry) -> bool:
    """Return whether a record of the login's client lies beside it and ends with it, as at MCP servers."""
    return isinstance(entry, McpEntry)


def dead_token(entry: Entry | None, note: Note | None) -> DeadToken | None:
    """Return how this login died, or None; a note about an older refresh token does not count."""
    if note is None or note.dead is None or not isinstance(entry, LoginEntry):
        return None
    return note.dead if note.dead.fingerprint == last_token(entry).fingerprint() else None


def end_rejected(draft: Draft, tenant: Tenant, rejected: Secret, now: float) -> None:
    """Note that a server refused the access token of a login without a refresh token; end it at the second report.

    Any server can refuse any token once. So the reports must be minutes apart, and any other login stays as it is. So
    does a restored login, whose refresh token waits for an operator.
    """
    entry, note = draft.get(tenant), draft.notes.get(tenant) or Note()
    if not isinstance(entry, LoginEntry) or entry.refresh_token or entry.access_token != rejected or note.waits:
        return
    before = note.attempt if note.attempt and note.attempt.fingerprint == rejected.fingerprint() else None
    if before is None or not before.at <= now - _REJECTED_AGAIN:
        first = RefreshAttempt(rejected.fingerprint(), now, _REJECTED, answered=True)
        draft.notes[tenant] = note._replace(attempt=before or first)
        return
    if isinstance(entry, TokenEntry):
        draft[tenant] = dataclasses.replace(entry, expires_at=int(now))
    else:
        received_at = int(now) if entry.token_received_at is None else entry.token_received_at
        reply = dict(entry.token_response or {}) | {"expires_in": max(0, int(now) - received_at)}
        draft[tenant] = dataclasses.replace(entry, token_response=reply, token_received_at=received_at)
    dead = DeadToken(rejected.fingerprint(), f"{_REJECTED}, and nobody can renew it", int(now))
    draft.notes[tenant] = note._replace(dead=dead, attempt=None)


def check_not_taken(
    entries: Mapping[str, Entry], notes: Mapping[str, Note], tenant: Tenant, user: UserId, *, agreed: str | None
) -> None:
    """Refuse to replace a living login of another person, or of an unknown person.

    `agreed` is the generation of the login that this person agreed to replace.

    Raises:
        LoginTakenError: there is such a login; the error names its owner.
        StoreUnreadableError: the notes, which name the owner, could not be read.
    """
    entry, note = entries.get(tenant), notes.get(tenant, Note())
    if not has_login(entries, tenant) or note.logged_in_by == user or dead_token(entry, note):
        return
    if (generation := generation_of(entry, note)) != agreed:
        raise LoginTakenError(tenant, note.logged_in_by, note.account, generation)


def renewed_entry(entry: LoginEntry, tokens: TokenResponse, *, now: float) -> LoginEntry:
    """Return the entry with the new tokens; values that the token response omits stay the same (RFC 6749 6)."""
    if isinstance(entry, TokenEntry):
        return dataclasses.replace(
            entry,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token or entry.refresh_token,
            expires_at=tokens.expires_at,
        )
    reply = dict(entry.token_response or {}) | {"access_token": tokens.access_token.reveal()}
    reply.pop("expires_in", None)
    if tokens.expires_at < NEVER:
        reply["expires_in"] = max(0, tokens.expires_at - int(now))
    if tokens.refresh_token:
        reply["refresh_token"] = tokens.refresh_token.reveal()
    if tokens.scopes:
        reply["scope"] = " ".join(tokens.scopes)
    return dataclasses.replace(
        entry,
        token_response=reply,
        granted_scopes=tokens.scopes or entry.granted_scopes,
        token_received_at=int(now),
        issuer=tokens.issuer or entry.issuer,
    )


def renewed_note(note: Note, posted: LoginEntry, following: LoginEntry, tokens: TokenResponse) -> Note:
    """Return the note of a renewed login, with the account that the vendor named."""
    from openab_auth.oauth.client import renewed_subject  # noqa: PLC0415 - only a renewal pays for it

    return note._replace(
        attempt=None,
        dead=None,
        account=tokens.account or note.account,
        subject=renewed_subject(note.subject, posted.refresh_token, tokens.subject, following.refresh_token),
    )


def name_account(draft: Draft, tenant: Tenant, tokens: TokenResponse, account: str) -> None:
    """Note the account's label, unless another login has replaced the new login."""
    entry = draft.get(tenant)
    if isinstance(entry, TokenEntry) and entry.access_token == tokens.access_token and tenant in draft.notes:
        draft.notes[tenant] = draft.notes[tenant]._replace(account=account)


def login_of_generation(draft: Draft, tenant: Tenant, generation: str) -> LoginEntry:
    """Return the login of this generation; the entry and its note are read in one locked step.

    Raises:
        NotLoggedInError: nobody is logged in there.
        LoginChangedError: another login is there now.
    """
    entry = read_login(draft, tenant)
    if generation_of(entry, draft.notes.get(tenant)) != generation:
        raise LoginChangedError(tenant)
    return entry


def remove(draft: Draft, tenant: Tenant) -> bool:
    """Remove the credential, its note and its client; return False when it was gone already."""
    draft.notes.pop(tenant, None)
    entry = draft.pop(tenant, None)
    if isinstance(entry, LoginEntry) and has_client_record(entry):
        draft.clients.pop(tenant, None)
    return entry is not None
