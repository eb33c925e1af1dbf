"""Which authorization server an MCP server trusts, and how to ask it: the MCP specification's steps, in its order.

RFC 9728 says where the server's own metadata is; RFC 8414 and OpenID Connect Discovery, where the authorization
server's. Every document is a stranger's: what it says must be of the server that was asked, or the login ends here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from openab_auth.oauth.client import JsonObject, metadata_urls, scopes_of, well_known
from openab_auth.oauth.errors import ServerUnusableError
from openab_auth.oauth.http import BearerChallenge
from openab_auth.oauth.mcp.fetch import Fetch
from openab_auth.oauth.vendors import McpServer
from openab_auth.storage.entries import Json

_RESOURCE: Final = "oauth-protected-resource"
_AUTHORIZATION: Final = "oauth-authorization-server"
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
_UNAUTHORIZED: Final = 401
_LONGEST_SCOPES: Final = 2000  # characters; a link with more than these can be shown to nobody
_MOST_SCOPES: Final = 100
_MOST_ISSUERS: Final = 20  # that are looked at, of those that a server names
_OFFLINE: Final = "offline_access"


@dataclass(frozen=True, slots=True)
class Discovered:
    """What the login at one server will be bound to.

    `asked` are the scopes that the specification's rule asks for, `known` all that the documents name; `iss_announced`
    is RFC 9207's promise that every answer carries `iss`; `auth_methods` is None where the metadata does not say.
    """

    issuer: str
    resource: str
    authorize_url: str
    token_url: str
    registration_url: str = ""
    revoke_url: str = ""
    iss_announced: bool = False
    asked: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    auth_methods: tuple[str, ...] | None = None
    takes_metadata_documents: bool = False

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Where a person's account is, and who gets its code."""
        return self.issuer, self.authorize_url, self.token_url


async def discover(server: McpServer, fetch: Fetch, *, registered_at: Collection[str] = ()) -> Discovered:
    """Find the authorization server: of several the operator's, else one of `registered_at`, else the first.

    Raises:
        ServerUnusableError: a document is missing, of another server, or without what a login needs.
        VendorUnavailableError: a document could not be had now.
    """
    status, challenge = await fetch.challenge(server.url, _INITIALIZE)
    document = await _resource_metadata(server, fetch, challenge)
    if document is None:
        return await _without_resource_metadata(server, fetch, challenge, asks=status == _UNAUTHORIZED)
    resource = _resource(server, document)
    listed = _authorization_servers(server, document)
    chosen = next((one for one in (server.issuer, *registered_at) if one in listed), listed[0])
    metadata = await _issuer_metadata(server, fetch, chosen)
    return _described(server, metadata, resource, challenge, scopes_of(document.get("scopes_supported")))


def canonical(url: str) -> str:
    """The endpoint as the `resource` of a server that says nothing of it (RFC 8707 2): no slash at its end."""
    parts = urlsplit(url)
    return parts._replace(
        scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), path=parts.path.rstrip("/")
    ).geturl()


async def _resource_metadata(server: McpServer, fetch: Fetch, challenge: BearerChallenge | None) -> JsonObject | None:
    candidates = [*well_known(server.url, _RESOURCE)]
    if challenge and challenge.resource_metadata:
        candidates.insert(0, challenge.resource_metadata)
    for url in dict.fromkeys(candidates):
        document = await fetch.document(url)
        if document is not None and isinstance(document.get("resource"), str):
            return document
    return None


def _resource(server: McpServer, document: JsonObject) -> str:
    """The document's `resource`, byte for byte, when it is this endpoint or a parent of it (RFC 9728 3.3)."""
    resource = str(document["resource"])
    if not server.may_use(resource) or not is_within(server.url, resource):
        raise ServerUnusableError(server.vendor_name, _OTHER_RESOURCE, _TELL)
    return resource


def is_within(endpoint: str, resource: str) -> bool:
    """Whether `resource` names the endpoint or whole segments of its path, at the same scheme, host and port."""
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


def _authorization_servers(server: McpServer, document: JsonObject) -> list[str]:
    found = document.get("authorization_servers")
    listed = [one for one in found[:_MOST_ISSUERS] if isinstance(one, str)] if isinstance(found, list) else []
    usable = [one for one in listed if server.may_use(one) and "?" not in one]
    if not usable:
        raise ServerUnusableError(server.vendor_name, _NO_ISSUER, _TELL)
    return usable


async def _issuer_metadata(server: McpServer, fetch: Fetch, issuer: str) -> JsonObject:
    for url in metadata_urls(issuer):
        document = await fetch.document(url)
        if document is not None and isinstance(document.get("issuer"), str):
            _check_issuer(server, document, server.issuer or issuer)
            return document
    raise ServerUnusableError(server.vendor_name, _NO_METADATA, _TELL)


def _check_issuer(server: McpServer, document: JsonObject, *expected: str) -> None:
    """RFC 8414 3.3: identical, or the document must not be used."""
    if document["issuer"] not in expected:
        raise ServerUnusableError(server.vendor_name, _OTHER_ISSUER, _OPERATORS_ISSUER.format(name=server.name))


async def _without_resource_metadata(
    server: McpServer, fetch: Fetch, challenge: BearerChallenge | None, *, asks: bool
) -> Discovered:
    """The specification of 2025-03-26: the server's origin is its authorization server, with or without metadata."""
    parts = urlsplit(server.url)
    origin = f"{parts.scheme}://{parts.netloc.lower()}"
    resource = canonical(server.url)
    document = await fetch.document(f"{origin}/.well-known/{_AUTHORIZATION}")
    if document is not None and isinstance(document.get("issuer"), str):
        _check_issuer(server, document, *([server.issuer] if server.issuer else [origin, f"{origin}/"]))
        return _described(server, document, resource, challenge, ())
    if not asks:
        raise ServerUnusableError(server.vendor_name, _OPEN, _NOTHING_TO_DO)
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


def _described(
    server: McpServer,
    document: JsonObject,
    resource: str,
    challenge: BearerChallenge | None,
    supported: tuple[str, ...],
) -> Discovered:
    """What the authorization server's metadata says, checked."""
    methods = document.get("code_challenge_methods_supported")
    if not isinstance(methods, list) or "S256" not in methods:
        raise ServerUnusableError(server.vendor_name, _NO_S256, _TELL)
    demanded = scopes_of(" ".join(challenge.scopes)) if challenge else ()
    asked = server.scopes or _fitting(demanded or supported)
    offers_offline = _OFFLINE in scopes_of(document.get("scopes_supported"))
    if offers_offline and asked and not server.scopes and _OFFLINE not in asked:
        asked = (*asked, _OFFLINE)
    return Discovered(
        issuer=str(document["issuer"]),
        resource=resource,
        authorize_url=_required(server, document, "authorization_endpoint"),
        token_url=_required(server, document, "token_endpoint"),
        registration_url=_endpoint(server, document, "registration_endpoint"),
        revoke_url=_endpoint(server, document, "revocation_endpoint"),
        iss_announced=document.get("authorization_response_iss_parameter_supported") is True,
        asked=asked,
        known=_fitting(tuple(dict.fromkeys((*asked, *supported)))) or asked,
        auth_methods=_texts(document.get("token_endpoint_auth_methods_supported")),
        takes_metadata_documents=document.get("client_id_metadata_document_supported") is True,
    )


def _fitting(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes, or none where they are too many for a link: the server then decides."""
    return scopes if len(scopes) < _MOST_SCOPES and len(" ".join(scopes)) <= _LONGEST_SCOPES else ()


def _required(server: McpServer, document: JsonObject, name: str) -> str:
    if url := _endpoint(server, document, name):
        return url
    raise ServerUnusableError(server.vendor_name, f"its authorization server's metadata has no usable {name}", _TELL)


def _endpoint(server: McpServer, document: JsonObject, name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) and server.may_use(value) else ""


def _texts(value: Json) -> tuple[str, ...] | None:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else None


_TELL: Final = "whoever runs the server has to mend that"
_OPERATORS_ISSUER: Final = (
    "where the server's documentation names that issuer, write it as issuer into [mcp.{name}]; "
    "else whoever runs the server has to mend that"
)
_NOTHING_TO_DO: Final = "use the server without a login, or check the url of its table"
_OTHER_RESOURCE: Final = "its metadata is of another resource than the server that was asked"
_NO_ISSUER: Final = "its metadata names no authorization server that could be asked"
_NO_METADATA: Final = "its authorization server publishes no metadata"
_OTHER_ISSUER: Final = "its authorization server's metadata is of another issuer"
_NO_S256: Final = "its authorization server does not say that it knows PKCE with S256"
_OPEN: Final = "it answers without a login and names no authorization server"
