"""Find the authorization server that an MCP server trusts: the MCP specification's steps, in its order.

The server's own metadata (RFC 9728) names the authorization server, whose metadata (RFC 8414) names the endpoints. A
stranger writes every document. Each one must belong to the server that was asked; otherwise the login ends here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from openab_auth.oauth.errors import (
    ForeignMetadataError,
    PkceMissingError,
    ServerUnusableError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.http import BearerChallenge
from openab_auth.oauth.mcp.discovery.authorization_server import (
    Discovered,
    check_issuer,
    fetch_issuer_metadata,
    read_metadata,
)
from openab_auth.oauth.mcp.discovery.fetch import Fetch
from openab_auth.oauth.mcp.discovery.protected_resource import (
    default_resource,
    fetch_resource_metadata,
)
from openab_auth.oauth.vendors import McpServer
from openab_auth.storage.entries import Json

if TYPE_CHECKING:
    from openab_auth.oauth.client.replies.verdict import JsonObject
    from openab_auth.oauth.http.challenge import BearerChallenge
    from openab_auth.oauth.mcp.discovery.fetch import Fetch
    from openab_auth.oauth.vendors.mcp_server import McpServer
    from openab_auth.storage.entries import Json

_WELL_KNOWN: Final = "oauth-authorization-server"
_INITIALIZE: Final[dict[str, Json]] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "openab-auth", "version": "1"},
    },
}
_MOST_ISSUERS: Final = 3  # that are asked, of those that a server names
_UNAUTHORIZED: Final = 401
_NEEDS_NO_LOGIN: Final = "it answers without a login and names no authorization server"
_USE_WITHOUT_LOGIN: Final = "use the server without a login, or check the url of its table"


async def discover(server: McpServer, fetch: Fetch, *, registered_at: Collection[str] = ()) -> Discovered:
    """Find the authorization server.

    A server may name several. The operator's is the only choice, then one of `registered_at`, where we have a client
    already. Otherwise the first that has usable metadata is chosen.

    Raises:
        ServerUnusableError: a document is missing, belongs to another server, or lacks what a login needs.
        VendorUnavailableError: a document could not be fetched now.
    """
    status, challenge = await fetch.challenge(server.url, _INITIALIZE)
    found = await fetch_resource_metadata(server, fetch, challenge)
    if found is None:
        needs_login = status == _UNAUTHORIZED
        return await _without_resource_metadata(server, fetch, challenge, needs_login=needs_login)
    known = next((issuer for issuer in (server.issuer, *registered_at) if issuer in found.issuers), None)
    candidates = found.issuers[: 1 if server.issuer else _MOST_ISSUERS] if known is None else (known,)

    def read(document: JsonObject) -> Discovered:
        return read_metadata(server, document, found.resource, challenge, found.scopes)

    failures = list[VendorMisconfiguredError | VendorUnavailableError]()
    for issuer in candidates:
        try:
            return await fetch_issuer_metadata(server, fetch, issuer, read)
        except (ForeignMetadataError, PkceMissingError):
            raise
        except (VendorMisconfiguredError, VendorUnavailableError) as error:
            failures.append(error)
    raise failures[0]


async def _without_resource_metadata(
    server: McpServer, fetch: Fetch, challenge: BearerChallenge | None, *, needs_login: bool
) -> Discovered:
    """Follow the specification of 2025-03-26: the server's origin is its authorization server.

    The origin may have metadata; otherwise the endpoints have fixed paths.
    """
    parts = urlsplit(server.url)
    origin = f"{parts.scheme}://{parts.netloc.lower()}"
    resource = default_resource(server.url)
    document = await fetch.document(f"{origin}/.well-known/{_WELL_KNOWN}")
    if document is not None and isinstance(document.get("issuer"), str):
        check_issuer(server, document, *([server.issuer] if server.issuer else [origin, f"{origin}/"]))
        return read_metadata(server, document, resource, challenge, ())
    if not needs_login:
        raise ServerUnusableError(server.vendor_name, _NEEDS_NO_LOGIN, _USE_WITHOUT_LOGIN)
    scopes = challenge.scopes if challenge else ()
    return Discovered(
        issuer=origin,
        resource=resource,
        authorize_url=f"{origin}/authorize",
        token_url=f"{origin}/token",
        registration_url=f"{origin}/register",
        asked=server.scopes or scopes,
        known=scopes,
    )
