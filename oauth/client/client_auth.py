"""Authenticate a client at a token endpoint (RFC 6749 2.3) in the encoding that the server expects."""

from __future__ import annotations

import json
from base64 import b64encode
from urllib.parse import parse_qsl, quote_plus, urlencode

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client

from openab_auth.oauth.client.oauth_client import OAuthClient
from openab_auth.oauth.http import BoundedTransport


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
    session.register_client_auth_method(
        ("form", _form_post_body if client.auth_method == "client_secret_post" else _form_body)
    )
    session.register_client_auth_method(("json", _json_body))
    return session


def _form_body(
    client: AsyncOAuth2Client, method: str, uri: str, headers: httpx2.Headers, body: bytes
) -> tuple[str, httpx2.Headers, str]:
    """Send a form, with the secret in HTTP Basic, which every server must support (RFC 6749 2.3.1).

    The client id stays in the form too, because servers of the MCP Python SDK expect it there.
    """
    del method
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    fields = _fields(client, body)
    if secret := fields.pop("client_secret", None):
        pair = f"{quote_plus(fields['client_id'])}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return uri, headers, urlencode(fields)


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


def _fields(client: AsyncOAuth2Client, body: bytes) -> dict[str, str]:
    """Return the fields of the request with the client's identification."""
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    fields["client_id"] = client.client_id
    if client.client_secret:
        fields["client_secret"] = client.client_secret
    return fields
