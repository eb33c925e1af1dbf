"""The logins and pending logins of a store; reading them sends no request and returns no secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, TypeVar

from openab_auth.oauth.entries import SKEW, EntryIndex, PendingLogin, backoff, build_index, dead_token, login_entry
from openab_auth.oauth.vendors.account_labels import person_of, split_label
from openab_auth.storage.entries import Entry, LoginEntry, McpEntry, Tenant, TokenEntry, UserId
from openab_auth.storage.errors import StorageError
from openab_auth.storage.records.notes import DeadToken, Note, RefreshAttempt
from openab_auth.storage.records.requests import REQUESTS

if TYPE_CHECKING:
    from openab_auth.oauth.mcp import GrantedAccess
    from openab_auth.oauth.vendors import Catalogue, McpServer, Vendor
    from openab_auth.storage.reader import Problem, StoreReader
    from openab_auth.storage.records.clients import ClientRecord

T = TypeVar("T")
State: TypeAlias = Literal["ok", "expiring", "expired", "dead"]


class LoginState(NamedTuple):
    """One login; times in unix seconds.

    `expired`: the access token has expired, and the next agent renews it. `dead`: nobody can renew it, because the
    vendor refuses the refresh token, or because there is none.
    `expires_at` is None if the server did not say. `shadowed_by` is the variable, set here, that the vendor's tools
    prefer. `died` is the vendor's refusal of the refresh token. `failed` is the last refresh, if it failed. `access`
    is the access that an MCP server has granted. `limited_until` is the end of a limit that an agent has recorded.
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
    failed: RefreshAttempt | None = None
    access: GrantedAccess | None = None
    limited_until: int | None = None

    @property
    def label(self) -> str:
        """Return the label of the account; empty for the shared default."""
        return self.vendor.label if self.vendor else ""

    @property
    def person(self) -> UserId | None:
        """Return the person whose own account this is; None for an account of everybody.

        The account of a vendor that the config no longer has is still its person's own.
        """
        return person_of(self.vendor.label if self.vendor else split_label(self.tenant)[1])


class Status(NamedTuple):
    """Every login and pending login, the problems of store and servers, and the vendors with a token in a variable."""

    logins: tuple[LoginState, ...]
    pending: tuple[PendingLogin, ...]
    problems: tuple[Problem, ...]
    environment: tuple[tuple[Vendor, str], ...] = ()


def read_status(store: StoreReader, *, catalogue: Catalogue, now: float, index: EntryIndex | None = None) -> Status:
    """Read the status, sorted by tenant; `index` saves a read if the caller has one. This blocks.

    Raises:
        StoreUnreadableError: the credential file is there but could not be read.
    """
    found = index or build_index(store.read())
    return Status(
        logins=read_states(store, found, catalogue=catalogue, now=now),
        pending=tuple(found.all(now)),
        problems=(*catalogue.problems, *store.problems()),
        environment=tuple(
            (vendor, name) for vendor, name in catalogue.variables_in_use() if vendor.tenant not in found.entries
        ),
    )


def read_states(store: StoreReader, index: EntryIndex, *, catalogue: Catalogue, now: float) -> tuple[LoginState, ...]:
    """Read the logins alone, sorted by tenant. This blocks."""
    notes, clients = no_records_if_unreadable(store.notes), no_records_if_unreadable(store.clients)
    found = (
        login_state(tenant, index.entries, notes, clients, catalogue=catalogue, now=now) for tenant in index.tenants
    )
    states = tuple(state for state in found if state is not None)
    if not (records := no_records_if_unreadable(partial(store.records, REQUESTS))):
        return states
    from openab_auth.oauth.notices.limits import limits_in  # noqa: PLC0415 - only a store with requests pays for it

    limits = limits_in(records, now)
    return tuple(state._replace(limited_until=limits.get(state.tenant)) for state in states)


def no_records_if_unreadable(read: Callable[[], Mapping[str, T]]) -> Mapping[str, T]:
    """Return no records where they cannot be read: a login is shown all the same, and the store names the problem."""
    try:
        return read()
    except StorageError:
        return {}


def login_state(  # noqa: PLR0913 - the records of a login
    tenant: Tenant,
    entries: Mapping[str, Entry],
    notes: Mapping[str, Note],
    clients: Mapping[str, ClientRecord],
    *,
    catalogue: Catalogue,
    now: float,
) -> LoginState | None:
    """Return the state of one login, or None if there is no login."""
    entry, note = entries.get(tenant), notes.get(tenant, Note())
    if not (isinstance(entry, LoginEntry) and login_entry.has_login(entries, tenant)):
        return None
    is_vendors = isinstance(entry, TokenEntry)
    record, server = clients.get(tenant), None if is_vendors else catalogue.server_of(tenant)
    vendor = catalogue.vendor_of(tenant) if isinstance(entry, TokenEntry) else _bound_vendor(entry, record, server)
    expires_at = login_entry.expiry_of(entry)
    died = dead_token(entry, note)
    refreshable = bool(entry.refresh_token) and died is None
    return LoginState(
        tenant=tenant,
        kind="token" if is_vendors else "mcp",
        state="dead" if died else _state(expires_at, now, refreshable=refreshable),
        refreshable=refreshable,
        expires_at=expires_at,
        account=note.account,
        logged_in_by=note.logged_in_by,
        logged_in_at=note.logged_in_at,
        shadowed_by=catalogue.shadowed_by(vendor) if vendor else None,
        vendor=vendor,
        died=died,
        failed=None if died else backoff.failed_attempt(entry, note, now),
        access=None if isinstance(entry, TokenEntry) else _access(entry, record, server),
    )


def _bound_vendor(entry: McpEntry, record: ClientRecord | None, server: McpServer | None) -> Vendor | None:
    """Return the server that the login was made at, even if its name means another server by now."""
    if server is None:
        return None
    from openab_auth.oauth.mcp import binding_of  # noqa: PLC0415 - a store without servers does not pay for it

    binding = binding_of(entry, record)
    return binding.vendor(server) if binding else server.vendor


def _access(entry: McpEntry, record: ClientRecord | None, server: McpServer | None) -> GrantedAccess:
    from openab_auth.oauth.mcp import access_of  # noqa: PLC0415 - as above

    return access_of(entry, record, server)


def _state(expires_at: int | None, now: float, *, refreshable: bool) -> State:
    if expires_at is None or now + SKEW < expires_at:
        return "ok"
    if now < expires_at:
        return "expiring"
    return "expired" if refreshable else "dead"
