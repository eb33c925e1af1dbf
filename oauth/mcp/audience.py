"""Find the only address to which a login's token may be sent: the server where the login was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openab_auth.oauth.errors import UnknownVendorError
from openab_auth.oauth.http.transport import origin_of

if TYPE_CHECKING:
    from openab_auth.oauth.accounts import Account
    from openab_auth.oauth.vendors.catalogue import Catalogue
    from openab_auth.storage import ClientRecord


def audience_of(account: Account, catalogue: Catalogue, record: ClientRecord | None) -> str:
    """Return the address of the server from the login's `record`, even if the server's name means another server now.

    The operator's config may move the address within the same origin.

    Raises:
        UnknownVendorError: neither the record nor the config has an address.
    """
    server = catalogue.server_of(account.tenant)
    configured = server.url if server and server.added_by is None else None
    recorded = record.facts.get("url") if record else None
    if isinstance(recorded, str):
        return configured if configured and origin_of(configured) == origin_of(recorded) else recorded
    if configured is None:
        raise UnknownVendorError(account.name, tuple(vendor.name for vendor in catalogue.offered()))
    return configured
