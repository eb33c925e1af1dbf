"""One login, read for a person who wants to end or replace it. The status of all logins needs less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openab_auth.oauth.client import OAuthClient
from openab_auth.oauth.entries import generation_of
from openab_auth.oauth.entries.same_account import logins_of_same_account
from openab_auth.oauth.logins.status import LoginState, login_state, no_records_if_unreadable
from openab_auth.oauth.mcp import binding_of
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import ClientRecord, Entry, McpEntry, Store, Tenant


@dataclass(frozen=True, slots=True)
class LoginDetails:
    """The state of one login, and what ending or replacing it needs.

    `generation` tells this login from every other login of the tenant. `revocable`: the vendor can be asked to revoke
    it, as far as that is known without a request. `shared_with` are the logins that a revocation may end as well.
    """

    state: LoginState
    generation: str
    revocable: bool
    shared_with: tuple[Tenant, ...] = ()


def read_login_details(
    store: Store, *, tenant: Tenant, entries: Mapping[str, Entry], catalogue: Catalogue, now: float
) -> LoginDetails | None:
    """Return the login of a tenant, or None if there is none. This blocks.

    Raises:
        StoreUnreadableError: the notes cannot be read, so nobody knows whose login it is, or which one.
    """
    notes, clients = store.notes(), no_records_if_unreadable(store.clients)
    state = login_state(tenant, entries, notes, clients, catalogue=catalogue, now=now)
    if state is None:
        return None
    client = _client(tenant, entries, clients, catalogue)
    return LoginDetails(
        state,
        generation=generation_of(entries.get(tenant), notes.get(tenant)),
        revocable=client is not None and client.may_revoke,
        shared_with=logins_of_same_account(tenant, entries, notes, catalogue),
    )


def _client(
    tenant: Tenant, entries: Mapping[str, Entry], clients: Mapping[str, ClientRecord], catalogue: Catalogue
) -> OAuthClient | None:
    entry, server = entries.get(tenant), catalogue.server_of(tenant)
    if isinstance(entry, McpEntry):
        binding = binding_of(entry, clients.get(tenant))
        if server is None:
            return None
        return binding.client(server) if binding else server.vendor.client()
    vendor = catalogue.vendor_of(tenant)
    return vendor.client() if vendor else None
