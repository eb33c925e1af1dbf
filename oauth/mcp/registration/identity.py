"""Choose our client at an authorization server: the operator's, a metadata document's, or a newly registered client.

The order is the MCP specification's. A registered client is kept under its issuer and used again. It is replaced when
its secret expires, when the server no longer knows it, or when a login needs more scopes than it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from openab_auth.oauth.client.scopes import scopes_of
from openab_auth.oauth.errors import ServerUnusableError
from openab_auth.oauth.mcp.registration.known_clients import client_key, issuers_of
from openab_auth.oauth.mcp.registration.registration import auth_method_of, register
from openab_auth.oauth.vendors.mcp_server import AuthMethod, McpServer
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.mcp.discovery.authorization_server import Discovered
    from openab_auth.oauth.mcp.discovery.fetch import Fetch

_MOST_SCOPES: Final = 100  # that a client is remembered with
_SHORTEST_LIFE: Final = 20 * 60  # seconds; a secret that ends before its login could be finished is useless
_MOVED: Final = "it names another authorization server now, not the one that our client belongs to"
_CONFIRM_ISSUER: Final = (
    "if the people who run the server confirm the move, register a client at the new one "
    "and set issuer and client_id in [mcp.{name}]"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """The client of one login; `record`, if there is one, has to be kept under the `client_key` of its issuer."""

    client_id: str
    auth_method: AuthMethod = "none"
    client_secret: Secret | None = field(default=None, repr=False)
    configured: bool = False
    record: ClientRecord | None = None


async def identify(  # noqa: PLR0913 - the choice depends on all of them
    server: McpServer,
    found: Discovered,
    asked: tuple[str, ...],
    clients: Mapping[str, ClientRecord],
    fetch: Fetch,
    *,
    now: float,
    anew: bool = False,
) -> Identity:
    """Return the client that asks for the scopes `asked`; with `anew`, no earlier registration is used again.

    Raises:
        ClientMissingError: the operator has to register a client.
        ServerUnusableError: the operator's client belongs to another issuer, or its secret is not here.
        VendorUnavailableError: the registration endpoint gave no usable answer.
    """
    if server.client_id:
        return _configured(server, found, clients)
    if server.client_metadata_url and found.takes_metadata_documents:
        return Identity(server.client_metadata_url)
    kept = clients.get(client_key(server, found.issuer))
    if kept and not anew and _is_usable(kept, server, asked, now):
        return _registered(kept)
    scopes = tuple(dict.fromkeys((*asked, *found.known, *_scopes(kept))))[:_MOST_SCOPES]
    return _registered(await register(server, found, scopes, fetch, now=now))


def identity_of(client_id: str, server: McpServer, found: Discovered, clients: Mapping[str, ClientRecord]) -> Identity:
    """Return the client of an existing login if it is known here; otherwise return a client without a secret."""
    kept = clients.get(client_key(server, found.issuer))
    if kept and kept.client_id == client_id and "auth_method" in kept.facts:
        return _registered(kept)
    return _configured(server, found, clients) if client_id == server.client_id else Identity(client_id)


def _configured(server: McpServer, found: Discovered, clients: Mapping[str, ClientRecord]) -> Identity:
    """Return the operator's client. It belongs to one issuer: the issuer in the table, otherwise the first one used.

    Raises:
        ServerUnusableError: it belongs to another issuer, or its secret is not here.
    """
    others = (clients[client_key(server, issuer)] for issuer in issuers_of(server, clients) if issuer != found.issuer)
    if not server.issuer and any(other.client_id == server.client_id for other in others):
        raise ServerUnusableError(server.vendor_name, _MOVED, _CONFIRM_ISSUER.format(name=server.name))
    method = server.token_endpoint_auth_method or auth_method_of(server.client_secret, found)
    if method != "none" and server.client_secret is None:
        raise ServerUnusableError(server.vendor_name, "its client has no secret here", server.how_to_give_secret)
    return Identity(
        server.client_id,
        method,
        client_secret=server.client_secret,
        configured=True,
        record=ClientRecord(server.client_id, facts={"configured": True}),
    )


def _is_usable(kept: ClientRecord, server: McpServer, asked: tuple[str, ...], now: float) -> bool:
    """Return whether a registered client can be used for this login."""
    lives = kept.expires_at == 0 or kept.expires_at > now + _SHORTEST_LIFE
    return (
        lives
        and set(asked) <= set(_scopes(kept))
        and kept.facts.get("redirect_uri") == server.redirect_uri
        and "auth_method" in kept.facts
    )


def _registered(kept: ClientRecord) -> Identity:
    method = cast("AuthMethod", kept.facts["auth_method"])
    return Identity(kept.client_id, method, client_secret=kept.client_secret, record=kept)


def _scopes(kept: ClientRecord | None) -> tuple[str, ...]:
    return scopes_of(kept.facts.get("scopes")) if kept else ()
