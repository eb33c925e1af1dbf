"""Build the login link of a pending login (RFC 6749 4.1.1, RFC 7636 4.3)."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from authlib.oauth2.client import OAuth2Client

from openab_auth.oauth.client.oauth_client import OAuthClient
from openab_auth.storage.entries import PendingEntry

_OURS: Final = frozenset(
    {"client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state"}
)


def authorize_url(client: OAuthClient, pending: PendingEntry) -> str:
    """Return the address that the person opens; it contains the state and the challenge, never the verifier.

    Each parameter is there once (RFC 6749 3.1): `authorize_params` replace the parameters of the endpoint's own query,
    and neither of them can replace the parameters that bind the redirect to this login.
    """
    session = OAuth2Client(
        session=None,
        client_id=client.client_id,
        redirect_uri=client.redirect_uri,
        scope=list(client.scopes) or None,
        code_challenge_method="S256",
    )
    url, _ = session.create_authorization_url(
        _endpoint(client), state=pending.state.reveal(), code_verifier=pending.verifier.reveal()
    )
    return str(url)


def _endpoint(client: OAuthClient) -> str:
    """Return the authorization endpoint with the parameters that do not bind the login, each name once.

    The endpoint's own `scope` stays where the client asks for no scopes itself.
    """
    parts = urlsplit(client.authorize_url)
    ours = _OURS if client.scopes else _OURS - {"scope"}
    merged = dict(reversed(parse_qsl(parts.query, keep_blank_values=True)))  # the first of several values stays
    merged = {name: merged[name] for name in reversed(merged)}
    merged |= {name: str(value) for name, value in client.authorize_params.items() if name not in _OURS}
    return urlunsplit(parts._replace(query=urlencode({n: v for n, v in merged.items() if n not in ours})))
