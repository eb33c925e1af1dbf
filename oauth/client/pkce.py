"""Make the state (RFC 6749 10.12) and the verifier (RFC 7636) that bind redirect and code to one login."""

from __future__ import annotations

import secrets
from typing import Final

from openab_auth.storage.secret import Secret

_BYTES: Final = 32  # 43 characters: the shortest verifier that RFC 7636 allows, and long enough for a state


def new_verifier() -> Secret:
    """Return a new code verifier; the login link contains only its S256 challenge."""
    return Secret(secrets.token_urlsafe(_BYTES))


def new_state() -> Secret:
    """Return a new state, independent of the verifier: link and paste contain the state, never the verifier."""
    return Secret(secrets.token_urlsafe(_BYTES))
