"""Find the renewer of a login: the flow of its row knows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from openab_auth.oauth.errors import NotRefreshableError
from openab_auth.oauth.flows import Renewal, flow_of
from openab_auth.oauth.vendors.server_names import bare_name
from openab_auth.storage import AsyncStore, LoginEntry, McpEntry, Tenant

if TYPE_CHECKING:
    from openab_auth.oauth.flows import Renewer
    from openab_auth.oauth.http import Deadline
    from openab_auth.oauth.vendors import Catalogue, Vendor


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
    vendor = _row_of(tenant, entry, catalogue)
    token_endpoint = "" if isinstance(entry, McpEntry) else entry.token_endpoint
    return flow_of(vendor).renewer(Renewal(tenant, vendor, token_endpoint, catalogue, store, clock, deadline))


def _row_of(tenant: Tenant, entry: LoginEntry, catalogue: Catalogue) -> Vendor:
    server = catalogue.server_of(tenant)
    if isinstance(entry, McpEntry):
        if server is None:
            todo = f"add an [mcp.{bare_name(tenant)}] table with its url to the config"
            raise NotRefreshableError(tenant, "no MCP server of this name is configured", todo)
        return server.vendor
    vendor = catalogue.vendor_of(tenant)
    if vendor is None or server is not None:  # a vendor that the config no longer has, under a server's name
        todo = f"add a [vendors.NAME] table with tenant = {tenant!r} to the config, or log in again"
        raise NotRefreshableError(tenant, "no vendor of this tenant is configured", todo)
    return vendor
