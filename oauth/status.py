"""What is logged in, as the store has it: no request is sent, no secret is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from oauth.catalogue import Catalogue
from oauth.pending import PendingLogin, live
from oauth.vendor import Vendor
from storage.entries import NEVER, Entry, McpEntry, Tenant, TokenEntry, UserId
from storage.notes import Note
from storage.store import Problem

SKEW: Final = 120  # seconds before the end at which a token counts as expired for agents
State: TypeAlias = Literal["ok", "expiring", "expired", "dead"]


@dataclass(frozen=True, slots=True)
class LoginState:
    """One login; times in unix seconds.

    `expired` speaks of the access token: while `refreshable`, the next agent renews it. `dead` means that nobody can.
    `expires_at` is None where the server did not say; `shadowed_by` is the set variable that the vendor's tools prefer.
    """

    tenant: Tenant
    kind: Literal["token", "mcp"]
    state: State
    refreshable: bool
    expires_at: int | None
    account: str | None
    logged_in_by: UserId | None
    logged_in_at: int | None
    shadowed_by: str | None
    vendor: Vendor | None


@dataclass(frozen=True, slots=True)
class Status:
    """Every login, every pending login, and what is wrong with the store."""

    logins: tuple[LoginState, ...]
    pending: tuple[PendingLogin, ...]
    problems: tuple[Problem, ...]


def read_status(
    entries: Mapping[str, Entry],
    notes: Mapping[str, Note],
    problems: tuple[Problem, ...],
    *,
    catalogue: Catalogue,
    now: float,
) -> Status:
    """The whole of it, sorted by tenant."""
    states = (login_state(tenant, entries, notes, catalogue=catalogue, now=now) for tenant in sorted(entries))
    return Status(
        logins=tuple(state for state in states if state is not None),
        pending=tuple(login for login, _ in live(entries, now)),
        problems=problems,
    )


def login_state(
    tenant: str, entries: Mapping[str, Entry], notes: Mapping[str, Note], *, catalogue: Catalogue, now: float
) -> LoginState | None:
    """One login, or None when nobody is logged in there."""
    entry = entries.get(tenant)
    note = notes.get(tenant, Note())
    vendor: Vendor | None = None
    match entry:
        case TokenEntry():
            vendor = catalogue.find(tenant)
            expires_at: int | None = entry.expires_at
            refreshable = bool(entry.refresh_token)
        case McpEntry(token_response=reply) if reply:
            expires_at = _mcp_expiry(entry)
            refreshable = bool(reply.get("refresh_token"))
        case _:
            return None
    dead = is_dead(entry, note)
    return LoginState(
        tenant=Tenant(tenant),
        kind="token" if isinstance(entry, TokenEntry) else "mcp",
        state="dead" if dead else _state(expires_at, now),
        refreshable=refreshable and not dead,
        expires_at=expires_at,
        account=note.account,
        logged_in_by=note.logged_in_by,
        logged_in_at=note.logged_in_at,
        shadowed_by=catalogue.shadowed_by(vendor) if vendor else None,
        vendor=vendor,
    )


def is_dead(entry: Entry | None, note: Note) -> bool:
    """Whether the vendor has refused this very refresh token for good; a note about an older one does not count."""
    return (
        isinstance(entry, TokenEntry)
        and note.dead is not None
        and note.dead.fingerprint == entry.refresh_token.fingerprint()
    )


def _state(expires_at: int | None, now: float) -> State:
    if expires_at is None or now + SKEW < expires_at:
        return "ok"
    return "expiring" if now < expires_at else "expired"


def _mcp_expiry(entry: McpEntry) -> int | None:
    lifetime = (entry.token_response or {}).get("expires_in")
    if entry.token_received_at is None or isinstance(lifetime, bool) or not isinstance(lifetime, int | float):
        return None
    return int(min(entry.token_received_at + lifetime, NEVER))
