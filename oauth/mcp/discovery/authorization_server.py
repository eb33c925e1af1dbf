"""Fetch and check the metadata of a server's authorization server (RFC 8414, OpenID Connect Discovery)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.client.discovery import first_usable, metadata_urls
from openab_auth.oauth.client.scopes import scopes_of
from openab_auth.oauth.errors import ForeignMetadataError, PkceMissingError, ServerUnusableError
from openab_auth.oauth.mcp.discovery.fetch import SERVER_OPERATOR_MUST_FIX

if TYPE_CHECKING:
    from openab_auth.oauth.client.replies.verdict import JsonObject
    from openab_auth.oauth.http.challenge import BearerChallenge
    from openab_auth.oauth.mcp.discovery.fetch import Fetch
    from openab_auth.oauth.vendors.mcp_server import McpServer
    from openab_auth.storage.entries import Json

_LONGEST_SCOPES: Final = 2000  # characters; nobody can be shown a link with more
_MOST_SCOPES: Final = 100
_OFFLINE: Final = "offline_access"
_OPERATORS_ISSUER: Final = (
    "if the server's documentation names that issuer, set issuer in [mcp.{name}]; "
    "otherwise the people who run the server have to fix this"
)
_OPERATORS_PKCE: Final = (
    'if the documentation of its authorization server says that it takes PKCE with S256, set pkce = "unannounced" in '
    "[mcp.{name}]; otherwise the people who run the server have to fix this"
)
_NO_METADATA: Final = "its authorization server publishes no metadata"
_OTHER_ISSUER: Final = "its authorization server's metadata belongs to another issuer"
_NO_S256: Final = "its authorization server does not announce PKCE with S256"


@dataclass(frozen=True, slots=True)
class Discovered:
    """The result of discovery at one server: the endpoints and the scopes of a login there.

    `asked` are the scopes of the specification's rule, `known` are all scopes in the documents. `iss_announced` is
    RFC 9207's promise that every redirect carries `iss`. `auth_methods` is None if the metadata does not name them.
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
        """Return the addresses where the person signs in and where the code goes."""
        return self.issuer, self.authorize_url, self.token_url


async def fetch_issuer_metadata(
    server: McpServer, fetch: Fetch, issuer: str, use: Callable[[JsonObject], Discovered]
) -> Discovered:
    """Return what `use` makes of the first usable metadata of this issuer.

    Raises:
        ServerUnusableError: there is none, or it is of another issuer.
        VendorUnavailableError: a document could not be fetched now.
    """

    def of_this_issuer(document: JsonObject) -> Discovered | None:
        if not isinstance(document.get("issuer"), str):
            return None
        check_issuer(server, document, server.issuer or issuer)
        return use(document)

    if found := await first_usable(metadata_urls(issuer), fetch.document, of_this_issuer):
        return found
    raise ServerUnusableError(server.vendor_name, _NO_METADATA, SERVER_OPERATOR_MUST_FIX)


def check_issuer(server: McpServer, document: JsonObject, *expected: str) -> None:
    """Refuse metadata whose issuer is not identical to one of those expected (RFC 8414 3.3).

    Raises:
        ForeignMetadataError: it is another issuer's.
    """
    if document["issuer"] not in expected:
        raise ForeignMetadataError(server.vendor_name, _OTHER_ISSUER, _OPERATORS_ISSUER.format(name=server.name))


def read_metadata(
    server: McpServer,
    document: JsonObject,
    resource: str,
    challenge: BearerChallenge | None,
    supported: tuple[str, ...],
) -> Discovered:
    """Return what the metadata says; `supported` are the scopes that the server's own document names.

    Raises:
        PkceMissingError: the metadata names PKCE methods, and S256 is not among them.
        ServerUnusableError: an endpoint is missing, or the metadata does not speak of PKCE.
    """
    _check_pkce(server, document)
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


def _check_pkce(server: McpServer, document: JsonObject) -> None:
    """Refuse metadata that does not announce S256, unless it announces nothing and the operator says that S256 works.

    MCP, authorization code protection: a client must refuse a server that does not announce it.
    """
    methods = document.get("code_challenge_methods_supported")
    if methods is None and server.pkce == "unannounced":
        return
    if isinstance(methods, list) and "S256" not in methods:
        raise PkceMissingError(server.vendor_name, _NO_S256, SERVER_OPERATOR_MUST_FIX)
    if not isinstance(methods, list):
        todo = _OPERATORS_PKCE.format(name=server.name) if methods is None else SERVER_OPERATOR_MUST_FIX
        raise ServerUnusableError(server.vendor_name, _NO_S256, todo)


def _fitting(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes, or none where they are too many for a link; the server then decides."""
    return scopes if len(scopes) < _MOST_SCOPES and len(" ".join(scopes)) <= _LONGEST_SCOPES else ()


def _required(server: McpServer, document: JsonObject, name: str) -> str:
    if url := _endpoint(server, document, name):
        return url
    reason = f"its authorization server's metadata has no usable {name}"
    raise ServerUnusableError(server.vendor_name, reason, SERVER_OPERATOR_MUST_FIX)


def _endpoint(server: McpServer, document: JsonObject, name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) and server.may_use(value) else ""


def _texts(value: Json) -> tuple[str, ...] | None:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else None
