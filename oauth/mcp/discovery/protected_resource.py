"""Fetch and check an MCP server's protected resource metadata (RFC 9728)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from openab_auth.oauth.client.discovery import first_usable, well_known
from openab_auth.oauth.client.scopes import scopes_of
from openab_auth.oauth.errors import ForeignMetadataError, ServerUnusableError
from openab_auth.oauth.mcp.discovery.fetch import SERVER_OPERATOR_MUST_FIX

if TYPE_CHECKING:
    from openab_auth.oauth.client.replies.verdict import JsonObject
    from openab_auth.oauth.http.challenge import BearerChallenge
    from openab_auth.oauth.mcp.discovery.fetch import Fetch
    from openab_auth.oauth.vendors.mcp_server import McpServer

_WELL_KNOWN: Final = "oauth-protected-resource"
_MOST_ISSUERS: Final = 20  # that are looked at, of those that a server names
_OTHER_RESOURCE: Final = "its metadata describes another resource, not this server"
_NO_ISSUER: Final = "its metadata names no usable authorization server"


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """Hold what a server says about itself: its `resource`, its authorization servers, and the scopes that it names."""

    resource: str
    issuers: tuple[str, ...]
    scopes: tuple[str, ...]


async def fetch_resource_metadata(
    server: McpServer, fetch: Fetch, challenge: BearerChallenge | None
) -> ProtectedResource | None:
    """Return the document that the challenge names, otherwise the well-known one; None when there is none.

    Raises:
        ServerUnusableError: no document can be used.
        VendorUnavailableError: a document could not be fetched now.
    """

    def of_this_server(document: JsonObject) -> ProtectedResource | None:
        if not isinstance(document.get("resource"), str):
            return None
        scopes = scopes_of(document.get("scopes_supported"))
        return ProtectedResource(resource_of(server, document), authorization_servers(server, document), scopes)

    candidates = [*well_known(server.url, _WELL_KNOWN)]
    if challenge and challenge.resource_metadata:
        candidates.insert(0, challenge.resource_metadata)
    return await first_usable(dict.fromkeys(candidates), fetch.document, of_this_server)


def resource_of(server: McpServer, document: JsonObject) -> str:
    """Return the document's `resource`, byte for byte.

    Raises:
        ForeignMetadataError: it is neither the server's address nor a parent of it (RFC 9728 3.3).
    """
    resource = str(document["resource"])
    if not server.may_use(resource) or not is_within(server.url, resource):
        raise ForeignMetadataError(server.vendor_name, _OTHER_RESOURCE, SERVER_OPERATOR_MUST_FIX)
    return resource


def default_resource(url: str) -> str:
    """Return the `resource` of a server without metadata: its address (RFC 8707 2), without a slash at the end."""
    parts = urlsplit(url)
    return parts._replace(
        scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), path=parts.path.rstrip("/")
    ).geturl()


def authorization_servers(server: McpServer, document: JsonObject) -> tuple[str, ...]:
    """Return the issuers that the document names and that may be asked.

    Raises:
        ServerUnusableError: there is none.
    """
    found = document.get("authorization_servers")
    listed = [issuer for issuer in found[:_MOST_ISSUERS] if isinstance(issuer, str)] if isinstance(found, list) else []
    usable = tuple(issuer for issuer in listed if server.may_use(issuer) and "?" not in issuer)
    if not usable:
        raise ServerUnusableError(server.vendor_name, _NO_ISSUER, SERVER_OPERATOR_MUST_FIX)
    return usable


def is_within(endpoint: str, resource: str) -> bool:
    """Return whether `resource` is the endpoint, or whole segments of its path at the same scheme, host and port."""
    here, there = urlsplit(endpoint), urlsplit(resource)
    if (here.scheme, here.hostname, _port(here.scheme, here.port)) != (
        there.scheme,
        there.hostname,
        _port(there.scheme, there.port),
    ):
        return False
    if there.query not in ("", here.query) or any(part in ("..", ".") for part in there.path.split("/")):
        return False
    parent = there.path.rstrip("/")
    return here.path.rstrip("/") == parent or here.path.startswith(f"{parent}/")


def _port(scheme: str, port: int | None) -> int:
    return port or (443 if scheme == "https" else 80)
