"""Vendors at one issuer that rotates refresh tokens, and revokes the family when a used token comes back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, ThreadedIssuer

LIFETIME = 122  # seconds of an access token: two more than what counts as expired
SCOPES = ("offline_access",)


def write_config(path: Path, issuer: ThreadedIssuer, vendors: Iterable[str]) -> Path:
    """Write a config with these vendors."""
    names = [*vendors]
    tables = [
        f"""
        [vendors.{name}]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        revoke_url = "{issuer.revoke_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = {json.dumps(SCOPES)}
        exec_env = "LAB_TOKEN"
        """
        for name in names
    ]
    path.write_text(f"[auth]\nvendors = {json.dumps(names)}\nallow_http_loopback = true\n{''.join(tables)}")
    path.chmod(0o600)
    return path


def new_login(issuer: ThreadedIssuer, tenant: str, *, seconds: int) -> dict[str, Any]:
    """Return the entry of a new login, whose access token lives for `seconds` by the entry's own words.

    The account of its family is the tenant, so that the oracles can tell whose login a token belongs to.
    """
    reply = issuer.tokens.issue(CLIENT_ID, tenant, SCOPES)
    return {
        "access_token": reply["access_token"],
        "refresh_token": reply["refresh_token"],
        "expires_at": int(time.time()) + seconds,
        "token_endpoint": issuer.token_url,
        "provider": tenant,
    }


def write_store(path: Path, entries: dict[str, Any], notes: dict[str, Any] | None = None) -> None:
    """Write a credential file, and notes where they are given, in a folder of its own."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    for place, content in ((path, entries), (path.with_name(f"{path.name}.notes"), notes)):
        if content is not None:
            place.write_text(json.dumps(content, indent=2))
            place.chmod(0o600)


def forgive_the_last(issuer: ThreadedIssuer) -> None:
    """Let the vendor take a spent token again as long as its successor was not used, as some vendors do.

    Nobody can save the token in an answer whose reader was killed. The oracles allow no other repetition.
    """
    issuer.tokens.grace = float("inf")


def slow_down(issuer: ThreadedIssuer, seconds: float) -> None:
    """Let every answer of the token endpoint come `seconds` after the request."""
    issuer.faults.next("/token", delay=seconds, times=100_000)
