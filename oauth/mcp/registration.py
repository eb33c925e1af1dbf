"""Which client we are at an authorization server: the operator's, a metadata document's, or one registered now.

The order is the MCP specification's; a dynamic registration (RFC 7591) is kept under its issuer and used again until
its secret ends, the server no longer knows it, or more scopes are needed than it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from openab_auth.oauth.client import is_token, scopes_of
from openab_auth.oauth.errors import ClientMissingError, ServerUnusableError
from openab_auth.oauth.mcp.binding import Binding
from openab_auth.oauth.mcp.discovery import Discovered
from openab_auth.oauth.mcp.fetch import Fetch, FetchedReply
from openab_auth.oauth.vendors import AUTH_METHODS, AuthMethod, McpServer
from openab_auth.storage.draft import Draft
from openab_auth.storage.entries import Json
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.secret import Secret

_CREATED: Final = (200, 201)
_LONGEST: Final = 2048  # bytes of a client's id and of its secret; more is no client's, and fills the file
_MOST_SCOPES: Final = 100  # that a client is remembered with
_MOST_REGISTRATIONS: Final = 3  # of one server, which may name another authorization server each time it is asked
_LEAST_LIFE: Final = 20 * 60  # seconds; a secret that ends before its login could be finished is of no use
_REFUSALS: Final = frozenset(
    {"invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement", "unapproved_software_statement"}
)


@dataclass(frozen=True, slots=True)
class Identity:
    """The client of one login; `record` is what has to be kept of it under `key_of` its issuer, if anything."""

    client_id: str
    auth_method: AuthMethod = "none"
    client_secret: Secret | None = field(default=None, repr=False)
    configured: bool = False
    record: ClientRecord | None = None


def key_of(server: McpServer, issuer: str) -> str:
    """Under which key the clients file keeps what `server` has at this issuer."""
    return f"{server.vendor_name} {issuer}"


def issuers_of(server: McpServer, clients: Mapping[str, ClientRecord]) -> list[str]:
    """The issuers at which there is a client for this server already."""
    start = key_of(server, "")
    return [key.removeprefix(start) for key in clients if key.startswith(start)]


async def identify(  # noqa: PLR0913 - what the choice stands on
    server: McpServer,
    found: Discovered,
    asked: tuple[str, ...],
    clients: Mapping[str, ClientRecord],
    fetch: Fetch,
    *,
    now: float,
    anew: bool = False,
) -> Identity:
    """The client to ask `found` with for the scopes `asked`; with `anew` no former registration is used again.

    Raises:
        ClientMissingError: the operator has to register one.
        ServerUnusableError: the server gave a client that cannot be used, or the operator's belongs to another issuer.
        VendorUnavailableError: the registration endpoint gave no answer.
    """
    if server.client_id:
        return _configured(server, found, clients)
    if server.client_metadata_url and found.takes_metadata_documents:
        return Identity(server.client_metadata_url)
    kept = clients.get(key_of(server, found.issuer))
    if kept and not anew and _serves(kept, server, asked, now):
        return _identity(kept)
    if not found.registration_url:
        raise _missing(server, found, _NO_ENDPOINT)
    known = tuple(dict.fromkeys((*asked, *found.known, *_scopes(kept))))[:_MOST_SCOPES]
    answer = await _ask_for_one(server, found, known, fetch)
    return _identity(_registered(server, found, known, answer, now))


def keep_client(draft: Draft, server: McpServer, issuer: str, record: ClientRecord) -> None:
    """Keep a client that the server has at this issuer, and of its others the newest."""
    key = key_of(server, issuer)
    others = [one for one in draft.clients if one.startswith(key_of(server, "")) and one != key]
    for one in others[: 1 - _MOST_REGISTRATIONS]:
        del draft.clients[one]
    draft.clients[key] = record


def forget_client(draft: Draft, server: McpServer, issuer: str) -> None:
    """Drop a registration that the issuer no longer knows, so that the next login makes another one."""
    draft.clients.pop(key_of(server, issuer), None)


def new_binding(server: McpServer, found: Discovered, asked: tuple[str, ...], client: Identity) -> Binding:
    """What a login for the scopes `asked` is bound to."""
    return Binding(
        url=server.url,
        issuer=found.issuer,
        resource=found.resource,
        authorize_url=found.authorize_url,
        token_url=found.token_url,
        redirect_uri=server.redirect_uri,
        client_id=client.client_id,
        auth_method=client.auth_method,
        client_secret=client.client_secret,
        revoke_url=found.revoke_url,
        iss_announced=found.iss_announced,
        scopes=asked,
        configured=client.configured,
    )


def identity_of(client_id: str, server: McpServer, found: Discovered, clients: Mapping[str, ClientRecord]) -> Identity:
    """The client of a login that was made already, as far as it is known here; else one without a secret."""
    kept = clients.get(key_of(server, found.issuer))
    if kept and kept.client_id == client_id and "auth_method" in kept.facts:
        return _identity(kept)
    return _configured(server, found, clients) if client_id == server.client_id else Identity(client_id)


def metadata_document(server: McpServer) -> dict[str, Json]:
    """What an operator hosts at `client_metadata_url`, so that servers know us without a registration."""
    return {"client_id": server.client_metadata_url, **_about_us(server, "none")}


def _configured(server: McpServer, found: Discovered, clients: Mapping[str, ClientRecord]) -> Identity:
    """The operator's client, which belongs to one issuer: the one in the table, else the first one met."""
    others = (clients[key_of(server, issuer)] for issuer in issuers_of(server, clients) if issuer != found.issuer)
    if not server.issuer and any(other.client_id == server.client_id for other in others):
        raise ServerUnusableError(server.vendor_name, _MOVED, _CONFIRM_ISSUER.format(name=server.name))
    method = server.token_endpoint_auth_method or _method(server.client_secret, found)
    if method != "none" and server.client_secret is None:
        where = f"set {server.client_secret_env}" if server.client_secret_env else "give client_secret_env"
        raise ServerUnusableError(
            server.vendor_name, "its client has no secret here", f"{where} for [mcp.{server.name}]"
        )
    return Identity(
        server.client_id,
        method,
        client_secret=server.client_secret,
        configured=True,
        record=ClientRecord(server.client_id, facts={"configured": True}),
    )


def _serves(kept: ClientRecord, server: McpServer, asked: tuple[str, ...], now: float) -> bool:
    """Whether a registration can be used again for this login."""
    lives = kept.expires_at == 0 or kept.expires_at > now + _LEAST_LIFE
    return (
        lives
        and set(asked) <= set(_scopes(kept))
        and kept.facts.get("redirect_uri") == server.redirect_uri
        and "auth_method" in kept.facts
    )


def _identity(kept: ClientRecord) -> Identity:
    method = cast("AuthMethod", kept.facts["auth_method"])
    return Identity(kept.client_id, method, client_secret=kept.client_secret, record=kept)


async def _ask_for_one(server: McpServer, found: Discovered, scopes: tuple[str, ...], fetch: Fetch) -> FetchedReply:
    """Ask for a client without a secret, which the Rust agents can use too; where that is refused, for one with.

    Many servers register one although their metadata lists only the methods with a secret.
    """
    scope: dict[str, Json] = {"scope": " ".join(scopes)} if scopes else {}
    method = server.token_endpoint_auth_method or "none"
    answer = await fetch.post(found.registration_url, {**_about_us(server, method), **scope})
    other = next((one for one in AUTH_METHODS if one in (found.auth_methods or ())), method)
    if (answer.body or {}).get("error") != "invalid_client_metadata" or server.token_endpoint_auth_method:
        return answer
    return (
        await fetch.post(found.registration_url, {**_about_us(server, other), **scope}) if other != method else answer
    )


def _about_us(server: McpServer, method: str) -> dict[str, Json]:
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


def _registered(
    server: McpServer, found: Discovered, scopes: tuple[str, ...], answer: FetchedReply, now: float
) -> ClientRecord:
    """The client in the answer, which may have replaced what was asked for (RFC 7591 3.2.1)."""
    body = answer.body
    if answer.status not in _CREATED or body is None or not _is_short(body.get("client_id")):
        raise _missing(server, found, _refusal(answer))
    secret = Secret(str(body["client_secret"])) if _is_short(body.get("client_secret")) else None
    said = body.get("token_endpoint_auth_method")
    method = said if isinstance(said, str) and said else _method(secret, found)
    if method not in AUTH_METHODS or (method != "none" and secret is None):
        raise _missing(server, found, _UNUSABLE_CLIENT)
    redirects = body.get("redirect_uris")
    if isinstance(redirects, list) and redirects and server.redirect_uri not in redirects:
        raise _missing(server, found, _OTHER_REDIRECT)
    expires_at = _moment(body.get("client_secret_expires_at")) if secret else 0
    if expires_at and expires_at <= now:
        raise _missing(server, found, _TOO_OLD)
    facts: dict[str, Json] = {"auth_method": method, "redirect_uri": server.redirect_uri, "scopes": list(scopes)}
    return ClientRecord(str(body["client_id"]), None if method == "none" else secret, expires_at, facts)


def _is_short(value: Json) -> bool:
    return is_token(value) and len(str(value)) <= _LONGEST


def _method(secret: Secret | None, found: Discovered) -> AuthMethod:
    """How a client authenticates that was not told how: by Basic (RFC 7591 2), where the server knows it."""
    if secret is None:
        return "none"
    methods = found.auth_methods
    only_post = methods is not None and "client_secret_basic" not in methods and "client_secret_post" in methods
    return "client_secret_post" if only_post else "client_secret_basic"


def _refusal(answer: FetchedReply) -> str:
    error = (answer.body or {}).get("error")
    word = f", {error}" if isinstance(error, str) and error in _REFUSALS else ""
    return f"it registers none for us (HTTP {answer.status}{word})"


def _missing(server: McpServer, found: Discovered, reason: str) -> ClientMissingError:
    return ClientMissingError(
        server.vendor_name,
        reason,
        issuer=found.issuer,
        redirect_uri=server.redirect_uri,
        scopes=found.asked,
        table=f"[mcp.{server.name}]",
    )


def _moment(value: Json) -> int:
    """Unix seconds; 0, for never, where there is no number."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**63 else 0


def _scopes(kept: ClientRecord | None) -> tuple[str, ...]:
    return scopes_of(kept.facts.get("scopes")) if kept else ()


_NO_ENDPOINT: Final = "its authorization server registers none by itself"
_UNUSABLE_CLIENT: Final = "it registered a client that has to authenticate in a way that we cannot"
_TOO_OLD: Final = "it registered a client whose secret has ended"
_OTHER_REDIRECT: Final = "it registered a client with another redirect than ours"
_MOVED: Final = "it names another authorization server now than the one that our client belongs to"
_CONFIRM_ISSUER: Final = (
    "where whoever runs the server means the move, register a client at the new one "
    "and write issuer and client_id into [mcp.{name}]"
)
