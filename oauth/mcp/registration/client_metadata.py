"""The metadata by which our client registers at authorization servers (RFC 7591 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openab_auth.oauth.vendors.mcp_server import McpServer
    from openab_auth.storage.entries import Json


def client_metadata(server: McpServer, method: str) -> dict[str, Json]:
    """Return the metadata of our client at `server`, which authenticates with `method`."""
    uri: dict[str, Json] = {"client_uri": server.client_uri} if server.client_uri else {}
    return {
        "client_name": server.client_name,
        **uri,
        "redirect_uris": [server.redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        "application_type": "native",
    }


def metadata_document(server: McpServer) -> dict[str, Json]:
    """Return the document for `client_metadata_url`; servers that read it need no registration."""
    return {"client_id": server.client_metadata_url, **client_metadata(server, "none")}
