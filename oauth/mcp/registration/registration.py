"""Dynamic client registration (RFC 7591): ask an authorization server for a client, and check the reply."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.client import is_token, supported_method
from openab_auth.oauth.client.replies.dead_refresh import codes_of
from openab_auth.oauth.client.replies.refusal_text import snake_case, texts_of
from openab_auth.oauth.errors import ClientMissingError
from openab_auth.oauth.mcp.registration.client_metadata import client_metadata
from openab_auth.oauth.vendors.mcp_server import AUTH_METHODS, AuthMethod, McpServer
from openab_auth.storage.entries import Json
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.mcp.discovery.authorization_server import Discovered
    from openab_auth.oauth.mcp.discovery.fetch import Fetch, FetchedReply

_CREATED: Final = (200, 201)
_LONGEST: Final = 2048  # bytes of a client's id and of its secret; a longer one would only fill the file
_REFUSALS: Final = frozenset(
    {
        "invalid_redirect_uri",
        "invalid_client_metadata",
        "invalid_scope",
        "invalid_software_statement",
        "unapproved_software_statement",
    }
)
_log: Final = logging.getLogger(__name__)
_SCOPE: Final = re.compile(r"(?<![a-z])scopes?(?![a-z])")
_WORDS: Final = re.compile(r"[^\s,;'\"]+")
_NO_ENDPOINT: Final = "its authorization server does not register clients"
_UNUSABLE_CLIENT: Final = "it registered a client whose authentication method we do not support"
_TOO_OLD: Final = "it registered a client whose secret has expired already"
_OTHER_REDIRECT: Final = "it registered a client with another redirect address"


async def register(
    server: McpServer, found: Discovered, scopes: tuple[str, ...], fetch: Fetch, *, now: float
) -> ClientRecord:
    """Register a client for these scopes and return its record.

    Raises:
        ClientMissingError: the server registers no client, or none that we can use.
        VendorUnavailableError: the registration endpoint gave no usable answer.
    """
    if not found.registration_url:
        raise _client_missing(server, found, _NO_ENDPOINT)
    return _registered(server, found, scopes, await _request(server, found, scopes, fetch), now)


def auth_method_of(secret: Secret | None, found: Discovered) -> AuthMethod:
    """Return how a client authenticates when nobody said it: by Basic (RFC 7591 2), where the server supports it."""
    return "none" if secret is None else supported_method(found.auth_methods, "client_secret_basic")


async def _request(server: McpServer, found: Discovered, scopes: tuple[str, ...], fetch: Fetch) -> FetchedReply:
    """Ask for a client without a secret, which the Rust agents can use too; if that is refused, ask for one with.

    Many servers register a client without a secret although their metadata lists only the methods with a secret. If the
    server refuses the scopes, ask once without scopes: it then registers its own (RFC 7591 2).
    """
    scope: dict[str, Json] = {"scope": " ".join(scopes)} if scopes else {}
    method: str = server.token_endpoint_auth_method or "none"
    other = next((known for known in AUTH_METHODS if known in (found.auth_methods or ())), method)
    while True:
        reply = await fetch.post(found.registration_url, {**client_metadata(server, method), **scope})
        if scope and _refuses_scope(reply, scopes):
            _log.warning("%s: it registers no client for the scopes %s", server.vendor_name, scope.pop("scope"))
        elif _word(reply) == "invalid_client_metadata" and not server.token_endpoint_auth_method and method != other:
            method = other
        else:
            return reply


def _registered(
    server: McpServer, found: Discovered, scopes: tuple[str, ...], reply: FetchedReply, now: float
) -> ClientRecord:
    """Return the client in the reply; the server may have replaced the values that we asked for (RFC 7591 3.2.1)."""
    body = reply.body
    if reply.status not in _CREATED or body is None or not _is_short(body.get("client_id")):
        raise _client_missing(server, found, _refusal(reply, scopes))
    secret = Secret(str(body["client_secret"])) if _is_short(body.get("client_secret")) else None
    said = body.get("token_endpoint_auth_method")
    method = said if isinstance(said, str) and said else auth_method_of(secret, found)
    if method not in AUTH_METHODS or (method != "none" and secret is None):
        raise _client_missing(server, found, _UNUSABLE_CLIENT)
    redirects = body.get("redirect_uris")
    if isinstance(redirects, list) and redirects and server.redirect_uri not in redirects:
        raise _client_missing(server, found, _OTHER_REDIRECT)
    expires_at = _unix_seconds(body.get("client_secret_expires_at")) if secret else 0
    if expires_at and expires_at <= now:
        raise _client_missing(server, found, _TOO_OLD)
    facts: dict[str, Json] = {"auth_method": method, "redirect_uri": server.redirect_uri, "scopes": list(scopes)}
    return ClientRecord(str(body["client_id"]), None if method == "none" else secret, expires_at, facts)


def _is_short(value: Json) -> bool:
    return is_token(value) and len(str(value)) <= _LONGEST


def _refuses_scope(reply: FetchedReply, scopes: tuple[str, ...]) -> bool:
    """Return whether the server refuses the registration because of its scopes, whose names it may only repeat."""
    said = texts_of(reply.body)
    words = {word for _, text in said for word in _WORDS.findall(text)}
    named = any("scope" in name or _SCOPE.search(snake_case(text)) for name, text in said)
    return reply.status in range(400, 500) and (named or not words.isdisjoint(scopes))


def _word(reply: FetchedReply) -> str:
    return next((code for code in sorted(codes_of(reply.body or {})) if code in _REFUSALS), "")


def _refusal(reply: FetchedReply, scopes: tuple[str, ...]) -> str:
    """Explain the refusal in our own words; the scopes are those that we asked for."""
    word = f", {word}" if (word := _word(reply)) else ""
    asked = f", also without the scopes {' '.join(scopes)}" if scopes and _refuses_scope(reply, scopes) else ""
    return f"it refused to register one (HTTP {reply.status}{word}){asked}"


def _client_missing(server: McpServer, found: Discovered, reason: str) -> ClientMissingError:
    return ClientMissingError(
        server.vendor_name,
        reason,
        issuer=found.issuer,
        redirect_uri=server.redirect_uri,
        scopes=found.asked,
        table=f"[mcp.{server.name}]",
    )


def _unix_seconds(value: Json) -> int:
    """Return a time in unix seconds; 0, which means never, when there is no number."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**63 else 0
