"""Authenticate a client at a token endpoint (RFC 6749 2.3) in the encoding that the server expects."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, quote_plus, urlencode

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client

from openab_auth.oauth.client.oauth_client import OAuthClient, SecretMethod
from openab_auth.oauth.client.replies.verdict import error_words, json_object
from openab_auth.oauth.http import BoundedTransport

_REFUSED: Final = frozenset({400, 401})
_SEVERAL: Final = re.compile(
    r"(?i)client_id|client (?:authentication|credentials)|(?:multiple|more than one|several) (?:client )?auth"
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
    return uri, headers, urlencode(fields)


def _form_body_with_id(
    client: AsyncOAuth2Client, method: str, uri: str, headers: httpx2.Headers, body: bytes
) -> tuple[str, httpx2.Headers, str]:
    """Send a form with the client id, and the secret in HTTP Basic, for servers that look for the id in the form."""
    del method
    return uri, headers, urlencode(_basic_fields(client, headers, body))


def _form_post_body(
    client: AsyncOAuth2Client, method: str, uri: str, headers: httpx2.Headers, body: bytes
) -> tuple[str, httpx2.Headers, str]:
    """Send a form that contains the secret, for servers that registered this client with `client_secret_post`."""
    del method
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return uri, headers, urlencode(_fields(client, body))


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

    Such a reply says that the server has not looked at the code (RFC 6749 5.2, `invalid_client`; `invalid_request` for
    a request with several methods).
    """
    body = json_object(reply) or {}
    if reply.status_code not in _REFUSED or "access_token" in body:  # anything else may have used the code
        return None
    said = str(body.get("error_description") or "")
    words = error_words(body)
    complains = "invalid_request" in words and _SEVERAL.search(said)
    if client.client_secret is None or client.encoding != "form" or not ("invalid_client" in words or complains):
        return None
    if client.auth_method != "client_secret_basic":
        return "client_secret_basic"
    return "client_secret_basic_with_id" if "client_id" in said else "client_secret_post"


def _basic_fields(client: AsyncOAuth2Client, headers: httpx2.Headers, body: bytes) -> dict[str, str]:
    """Return the fields of a form, and put the secret into the headers (HTTP Basic) instead of them."""
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    fields = _fields(client, body)
    if secret := fields.pop("client_secret", None):
        pair = f"{quote_plus(fields['client_id'])}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return fields


def _fields(client: AsyncOAuth2Client, body: bytes) -> dict[str, str]:
    """Return the fields of the request with the client's identification."""
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    fields["client_id"] = client.client_id
    if client.client_secret:
        fields["client_secret"] = client.client_secret
    return fields
