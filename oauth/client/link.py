"""Build the login link of a pending login (RFC 6749 4.1.1, RFC 7636 4.3)."""

from __future__ import annotations

from typing import Final

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.client import OAuth2Client

from openab_auth.oauth.client.oauth_client import OAuthClient
from openab_auth.storage.entries import PendingEntry

_OURS: Final = frozenset(
    {"client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state"}
)


def authorize_url(client: OAuthClient, pending: PendingEntry) -> str:
    """Return the address that the person opens; it contains the state and the challenge, never the verifier.

    `authorize_params` cannot replace the parameters that bind the redirect to this login.
    """
    extra = [(name, str(value)) for name, value in client.authorize_params.items() if name not in _OURS]
    session = OAuth2Client(
        session=None,
        client_id=client.client_id,
        redirect_uri=client.redirect_uri,
        scope=list(client.scopes) or None,
        code_challenge_method="S256",
    )
    url, _ = session.create_authorization_url(
        add_params_to_uri(client.authorize_url, extra),
        state=pending.state.reveal(),
        code_verifier=pending.verifier.reveal(),
    )
    return str(url)
