"""Authenticate a client at a token endpoint (RFC 6749 2.3) in the encoding that the server expects."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, quote_plus

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client

from openab_auth.oauth.client.oauth_client import OAuthClient, SecretMethod
from openab_auth.oauth.client.replies.dead_refresh import codes_of
from openab_auth.oauth.client.replies.refusal_text import texts_of
from openab_auth.oauth.client.replies.verdict import json_object
from openab_auth.oauth.http import BoundedTransport
from openab_auth.oauth.http.challenge import read_challenges

_REFUSED: Final = frozenset({400, 401, 403})
_UNAUTHORIZED: Final = 401
_ABSENT: Final = r"(?:missing|required|absent|empty|must|not (?:present|provided|supplied|found|given|set))"
_AUTHENTICATION: Final = re.compile(  # what an `invalid_request` says that means how the client authenticates
    r"client (?:authentication|credentials)|client_secret_(?:basic|post)|basic auth\w* (?:is )?not\b"
    r"|\b(?:multiple|more than one|several|only one|two)\b.{0,40}\b(?:auth\w*|credentials|mechanisms?|methods?)\b"
    rf"|\b{_ABSENT}\b.{{0,40}}\bclient_(?:id|secret)\b|\bclient_(?:id|secret)\b.{{0,20}}\b{_ABSENT}\b",
    re.IGNORECASE,
)


def authlib_client(client: OAuthClient, transport: BoundedTransport, deadline: float) -> AsyncOAuth2Client:
    """Return authlib's client for `client`; without `scope`, which authlib would send in every refresh."""
    session = AsyncOAuth2Client(
        client_id=client.client_id,
        client_secret=client.client_secret.reveal() if client.client_secret else None,
        token_endpoint_auth_method=client.encoding,
        redirect_uri=client.redirect_uri,
        transport=transport,
        # `awake_timeout` bounds the whole request; a TLS handshake that is cancelled, not timed out, leaks its socket
        timeout=httpx2.Timeout(None, connect=deadline / 2),
    )
    session.register_client_auth_method(("form", _FORMS[client.auth_method]))
    session.register_client_auth_method(("json", _json_body))
    return session


def _form_body(
    client: AsyncOAuth2Client, method: str, uri: str, headers: httpx2.Headers, body: bytes
) -> tuple[str, httpx2.Headers, str]:
    """Send a form, with id and secret in HTTP Basic, which every server must support (RFC 6749 2.3.1).

    The form of a client with a secret then has no id: a request must not use two methods (RFC 6749 2.3).
    """
    del method
    fields = _basic_fields(client, headers, body)
    if client.client_secret:
        del fields["client_id"]
    return uri, headers, _joined(fields)


def _form_body_with_id(
    client: AsyncOAuth2Client, method: str, uri: str, headers: httpx2.Headers, body: bytes
) -> tuple[str, httpx2.Headers, str]:
    """Send a form with the client id, and the secret in HTTP Basic, for servers that look for the id in the form."""
    del method
    return uri, headers, _joined(_basic_fields(client, headers, body))


def _form_post_body(
    client: AsyncOAuth2Client, method: str, uri: str, headers: httpx2.Headers, body: bytes
) -> tuple[str, httpx2.Headers, str]:
    """Send a form that contains the secret, for servers that registered this client with `client_secret_post`."""
    del method
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return uri, headers, _joined(_form_fields(client, body))


def _json_body(
    client: AsyncOAuth2Client, method: str, uri: str, headers: httpx2.Headers, body: bytes
) -> tuple[str, httpx2.Headers, str]:
    del method
    headers["Content-Type"] = "application/json"
    return uri, headers, json.dumps(_fields(client, body))


_FORMS: Final[Mapping[SecretMethod, Callable[..., tuple[str, httpx2.Headers, str]]]] = MappingProxyType(
    {
        "client_secret_basic": _form_body,
        "client_secret_basic_with_id": _form_body_with_id,
        "client_secret_post": _form_post_body,
    }
)


def other_method(client: OAuthClient, reply: httpx2.Response) -> SecretMethod | None:
    """Return how else to authenticate after a reply that refuses the client's authentication; None for other replies.

    Such a reply says that the server has not looked at the code: `invalid_client`, a Basic challenge (RFC 6749 5.2), or
    an `invalid_request` about a method or a credential. An `invalid_request` about the code may have used it.
    """
    body = json_object(reply) or {}
    if client.client_secret is None or client.encoding != "form":
        return None
    codes = codes_of(body)
    if reply.status_code not in _REFUSED or "access_token" in body or "invalid_grant" in codes:
        return None  # the code may be used
    said = " ".join(text for _, text in texts_of(body))
    challenged = reply.status_code == _UNAUTHORIZED and any(
        challenge.scheme == "basic" for challenge in read_challenges(reply.headers.get_list("www-authenticate"))
    )
    complains = "invalid_request" in codes and _AUTHENTICATION.search(said)
    if not ("invalid_client" in codes or (challenged and not codes) or complains):
        return None
    if client.auth_method != "client_secret_basic":
        return "client_secret_basic"
    misses_id = "client_id" in said and "client_secret" not in said
    return "client_secret_basic_with_id" if misses_id else "client_secret_post"


def _basic_fields(client: AsyncOAuth2Client, headers: httpx2.Headers, body: bytes) -> dict[str, str]:
    """Return the fields of a form, and put the secret into the headers (HTTP Basic) instead of them."""
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    fields = _form_fields(client, body)
    if secret := fields.pop("client_secret", None):
        pair = f"{fields['client_id']}:{secret}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return fields


def _form_fields(client: AsyncOAuth2Client, body: bytes) -> dict[str, str]:
    """Return the fields of a form with the client's identification; their values are encoded, as in the form.

    To decode and encode a long token again takes a tenth of a second of the event loop.
    """
    pairs = (pair.partition("=") for pair in body.decode().split("&") if pair)
    fields = {name: value for name, _, value in pairs}
    fields["client_id"] = quote_plus(client.client_id)
    if client.client_secret:
        fields["client_secret"] = quote_plus(client.client_secret)
    return fields


def _joined(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in fields.items())


def _fields(client: AsyncOAuth2Client, body: bytes) -> dict[str, str]:
    """Return the fields of the request with the client's identification."""
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    fields["client_id"] = client.client_id
    if client.client_secret:
        fields["client_secret"] = client.client_secret
    return fields
