"""The logins that a client may use, without secrets."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from openab_auth.bot.broker.refusals import RequestError
from openab_auth.oauth.accounts import stored_account
from openab_auth.oauth.entries import build_index
from openab_auth.oauth.errors import OAuthError, UnknownVendorError
from openab_auth.oauth.logins.status import LoginState, read_states
from openab_auth.oauth.mcp import audience_of
from openab_auth.oauth.vendors.account_labels import SHARED, with_label
from openab_auth.storage import McpEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openab_auth.bot.broker.admission import ClientAccounts
    from openab_auth.oauth.accounts import Account
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage import ClientRecord, Entry


async def covered_logins(runtime: Runtime, accounts: ClientAccounts) -> list[dict[str, object]]:
    """Return a row for each login that a client may use, by its own rules and those of its thread."""
    catalogue, entries = await runtime.catalogue_with_added(), await runtime.store.read()
    read = partial(read_states, index=build_index(entries), catalogue=catalogue, now=runtime.clock())
    states = await runtime.store.run(read)
    clients = await runtime.store.clients()
    found = ((state, stored_account(state.tenant, entries[state.tenant], catalogue)) for state in states)
    return [
        _row(state, _server_url(account, entries[state.tenant], catalogue, clients.get(state.tenant)))
        for state, account in found
        if await _may_use(accounts, account, entries)
    ]


def _server_url(account: Account, entry: Entry, catalogue: Catalogue, record: ClientRecord | None) -> str | None:
    """Return the only address to which the token of an MCP server may go; None for a vendor's, or if nobody knows."""
    if not isinstance(entry, McpEntry):
        return None
    with suppress(UnknownVendorError):
        return audience_of(account, catalogue, record)
    return None


async def _may_use(accounts: ClientAccounts, account: Account, entries: Mapping[str, Entry]) -> bool:
    """Return whether a client that names this very account gets it."""
    word = account.name if account.label else with_label(account.name, SHARED)
    try:
        return (await accounts.find(word, entries)).account.tenant == account.tenant
    except (OAuthError, RequestError):
        return False


def _row(state: LoginState, server_url: str | None) -> dict[str, object]:
    row: dict[str, object] = {
        "tenant": state.tenant,
        "vendor": state.vendor.default_name if state.vendor else None,
        "label": state.label or None,
        "kind": state.kind,
        "state": state.state,
        "expires_at": state.expires_at,
        "server_url": server_url,
        "account": state.account,
        "logged_in_by": None if state.logged_in_by is None else str(state.logged_in_by),
    }
    if state.person is not None:
        row["person"] = str(state.person)
    if state.limited_until is not None:
        row["limited_until"] = state.limited_until
    return row
