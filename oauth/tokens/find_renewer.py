"""Find the renewer of a login: the flow of its row knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from openab_auth.oauth.accounts import Account, stored_account
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.errors import NotRefreshableError
from openab_auth.oauth.flows import Renewal, flow_of
from openab_auth.oauth.vendors.server_names import table_name
from openab_auth.storage import FACTS, AsyncStore, LoginEntry, Tenant, TokenEntry

if TYPE_CHECKING:
    from openab_auth.oauth.flows import Renewer
    from openab_auth.oauth.http import Deadline
    from openab_auth.oauth.vendors import Catalogue, Vendor


class FoundRenewer(NamedTuple):
    """The renewer of a login, and the row from which it was made."""

    renewer: Renewer
    row: Vendor


async def find_renewer(  # noqa: PLR0913 - the fields of a `Renewal`
    tenant: Tenant,
    entry: LoginEntry,
    *,
    catalogue: Catalogue,
    environ: Mapping[str, str],
    store: AsyncStore,
    clock: Callable[[], float],
    deadline: Deadline,
) -> FoundRenewer:
    """Return the renewer of this login; `clock` gives unix seconds, `deadline` bounds the refresh.

    Raises:
        NotRefreshableError: nothing here says how this login is renewed, or a variable for it is not set.
        StoreUnreadableError: the record of its facts could not be read.
    """
    vendor = catalogue.row_of(tenant, entry)
    if isinstance(entry, TokenEntry) and not catalogue.server_of(tenant):
        vendor = await _with_facts(vendor, tenant, entry, catalogue, environ, store)
    if vendor is None:
        raise _unknown(stored_account(tenant, entry, catalogue))
    token_endpoint = login_entry.token_endpoint(entry)
    renewal = Renewal(tenant, vendor.with_secret(), token_endpoint, catalogue, store, clock, deadline)
    return FoundRenewer(flow_of(vendor).renewer(renewal), vendor)


async def _with_facts(  # noqa: PLR0913, PLR0917 - as `find_renewer`
    vendor: Vendor | None,
    tenant: Tenant,
    entry: TokenEntry,
    catalogue: Catalogue,
    environ: Mapping[str, str],
    store: AsyncStore,
) -> Vendor | None:
    """Return the row that was recorded with this login, or `vendor` if the config has a table or nothing was recorded.

    Either authenticates its client as the login did.
    """
    facts = await store.record(FACTS, tenant)
    if facts is None or not facts.hold_for(entry.refresh_token):
        return vendor
    from openab_auth.oauth.vendors import facts as recorded  # noqa: PLC0415 - few logins have such a record

    if recorded.holds_row(facts) and not catalogue.has_table_for(tenant):
        vendor = recorded.vendor_from(facts, tenant, environ, catalogue)
    return vendor and recorded.with_auth_method(vendor, facts)


def _unknown(account: Account) -> NotRefreshableError:
    if account.is_server:
        todo = f"add an {table_name(account.name)} table with its url to the config"
        return NotRefreshableError(account.tenant, "no MCP server of this name is configured", todo)
    todo = f"add a [vendors.NAME] table with tenant = {account.tenant!r} to the config, or log in again"
    return NotRefreshableError(account.tenant, "no vendor of this tenant is configured", todo)
