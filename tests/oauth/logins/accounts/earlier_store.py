"""The store in `stores/before_accounts`, which the last version without accounts wrote, at a server of this test."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer, TokenFamily
from openab_auth.storage.entries import PendingEntry

FOLDER: Final = Path(__file__).parent / "stores/before_accounts"
_THEIR_ISSUER: Final = "http://127.0.0.1:1"
_TOKENS: Final = {"100": ("rt_canary-3", "rt_canary-9"), "200": ("rt_canary-11",)}
_SCOPES: Final = ("openid", "email", "offline_access")


def copy_to(folder: Path, issuer: Issuer) -> None:
    """Copy the files, name `issuer` in them, and let it know their refresh tokens."""
    for file in FOLDER.iterdir():
        place = folder / file.name
        place.write_text(file.read_text().replace(_THEIR_ISSUER, issuer.url))
        place.chmod(0o600)
    for person, tokens in _TOKENS.items():
        for token in tokens:
            family = TokenFamily(CLIENT_ID, f"{person}@example.com", _SCOPES, refresh_token=token)
            issuer.tokens._refresh_tokens[token] = family


def link_of(entry: PendingEntry, issuer: Issuer) -> str:
    """Return the link that was handed out for this pending login."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(entry.verifier.reveal().encode()).digest()).rstrip(b"=")
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "state": entry.state.reveal(),
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
        "scope": " ".join(_SCOPES),
    }
    return f"{issuer.authorize_url}?{urlencode(query)}"
