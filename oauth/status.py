"""What is logged in, as the store has it: no request is sent, no secret is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from oauth.catalogue import Catalogue
from oauth.login_entry import SKEW, dead_of
from oauth.pending import PendingLogin, live
from oauth.vendor import Vendor
from storage.entries import NEVER, Entry, McpEntry, Tenant, TokenEntry, UserId
from storage.notes import DeadToken, Note
from storage.store import Problem

State: TypeAlias = Literal["ok", "expiring", "expired", "dead"]


@dataclass(frozen=True, slots=True)
class LoginState:
    """One login; times in unix seconds.

    `expired` speaks of the access token, which the next agent renews. `dead` means that nobody can: the vendor refuses
    the refresh token, or the access token has ended and there is none.
    `expires_at` is None where the server did not say; `shadowed_by` is the set variable that the vendor's tools prefer;
    `died` is what the vendor said to the refresh token, and when.
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
    died: DeadToken | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Every login, every pending login, what is wrong with the store, and which token which variable holds."""

    logins: tuple[LoginState, ...]
    pending: tuple[PendingLogin, ...]
    problems: tuple[Problem, ...]
    environment: tuple[tuple[Vendor, str], ...] = ()


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
        environment=tuple((vendor, name) for vendor, name in catalogue.held() if vendor.tenant not in entries),
    )


def login_state(
    tenant: str, entries: Mapping[str, Entry], notes: Mapping[str, Note], *, catalogue: Catalogue, now: float
) -> LoginState | None:
    """One login, or None when nobody is logged in there."""
    entry, note = entries.get(tenant), notes.get(tenant, Note())
    if not isinstance(entry, TokenEntry | McpEntry) or (isinstance(entry, McpEntry) and not entry.token_response):
        return None
    server = catalogue.server(tenant) if isinstance(entry, McpEntry) else None
    vendor = server.vendor if server else catalogue.vendor_of(tenant) if isinstance(entry, TokenEntry) else None
    expires_at = None if isinstance(entry, McpEntry) and entry.expires_at == NEVER else entry.expires_at
    died = dead_of(entry, note)
    refreshable = bool(entry.refresh_token) and died is None
    return LoginState(
        tenant=Tenant(tenant),
        kind="token" if isinstance(entry, TokenEntry) else "mcp",
        state="dead" if died else _state(expires_at, now, refreshable=refreshable),
        refreshable=refreshable,
        expires_at=expires_at,
        account=note.account,
        logged_in_by=note.logged_in_by,
        logged_in_at=note.logged_in_at,
        shadowed_by=catalogue.shadowed_by(vendor) if vendor else None,
        vendor=vendor,
        died=died,
    )


def _state(expires_at: int | None, now: float, *, refreshable: bool) -> State:
    if expires_at is None or now + SKEW < expires_at:
        return "ok"
    if now < expires_at:
        return "expiring"
    return "expired" if refreshable else "dead"
