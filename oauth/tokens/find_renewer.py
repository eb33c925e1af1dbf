"""Find the renewer of a login: the flow of its row knows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from openab_auth.oauth.accounts import Account, stored_account
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.errors import NotRefreshableError
from openab_auth.oauth.flows import Renewal, flow_of
from openab_auth.oauth.vendors.server_names import table_name
from openab_auth.storage import AsyncStore, LoginEntry, Tenant

if TYPE_CHECKING:
    from openab_auth.oauth.flows import Renewer
    from openab_auth.oauth.http import Deadline
    from openab_auth.oauth.vendors import Catalogue


def find_renewer(  # noqa: PLR0913 - the fields of a `Renewal`
    tenant: Tenant,
    entry: LoginEntry,
    *,
    catalogue: Catalogue,
    store: AsyncStore,
    clock: Callable[[], float],
    deadline: Deadline,
) -> Renewer:
    """Return the renewer of this login; `clock` gives unix seconds, `deadline` bounds the refresh.

    Raises:
        NotRefreshableError: the config has no vendor or MCP server for this login.
    """
    vendor = catalogue.row_of(tenant, entry)
    if vendor is None:
        raise _unknown(stored_account(tenant, entry, catalogue))
    token_endpoint = login_entry.token_endpoint(entry)
    renewal = Renewal(tenant, vendor.with_secret(), token_endpoint, catalogue, store, clock, deadline)
    return flow_of(vendor).renewer(renewal)


def _unknown(account: Account) -> NotRefreshableError:
    if account.is_server:
        todo = f"add an {table_name(account.name)} table with its url to the config"
        return NotRefreshableError(account.tenant, "no MCP server of this name is configured", todo)
    todo = f"add a [vendors.NAME] table with tenant = {account.tenant!r} to the config, or log in again"
    return NotRefreshableError(account.tenant, "no vendor of this tenant is configured", todo)
