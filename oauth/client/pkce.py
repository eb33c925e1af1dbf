"""What binds redirect and code to the login that was begun: state (RFC 6749 10.12) and verifier (RFC 7636)."""

from __future__ import annotations

import secrets
from typing import Final

from openab_auth.storage.secret import Secret

_BYTES: Final = (
    32  # 43 characters: the shortest verifier that RFC 7636 allows, and no server met so far wants a longer state
)


def new_verifier() -> Secret:
    """A fresh code verifier; only its S256 challenge is in the login link."""
    return Secret(secrets.token_urlsafe(_BYTES))


def new_state() -> Secret:
    """A fresh state, independent of the verifier: it is in the link and in the paste, the verifier in neither."""
    return Secret(secrets.token_urlsafe(_BYTES))
