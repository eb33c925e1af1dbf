"""The login link from a descriptor and a pending login (RFC 6749 4.1.1, RFC 7636 4.3)."""

from __future__ import annotations

from typing import Final

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.client import OAuth2Client

from openab_auth.oauth.vendors.vendor import Vendor
from openab_auth.storage.entries import PendingEntry

_OURS: Final = frozenset(
    {"client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state"}
)


def authorize_url(vendor: Vendor, pending: PendingEntry) -> str:
    """The address that the person opens; it carries the state and the challenge, never the verifier.

    The vendor's `authorize_params` cannot replace what binds the answer to this login.
    """
    extra = [(name, str(value)) for name, value in vendor.authorize_params.items() if name not in _OURS]
    client = OAuth2Client(
        session=None,
        client_id=vendor.client_id,
        redirect_uri=vendor.redirect_uri,
        scope=list(vendor.scopes) or None,
        code_challenge_method="S256",
    )
    url, _ = client.create_authorization_url(
        add_params_to_uri(vendor.authorize_url, extra),
        state=pending.state.reveal(),
        code_verifier=pending.verifier.reveal(),
    )
    return str(url)
