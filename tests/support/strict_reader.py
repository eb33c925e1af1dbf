"""Read the credential file as the Rust agents do; written from their serde definitions, without our code.

An untagged enum is tried in order: Token, Pending, Mcp. If an entry fits no shape, the agents move the whole file away,
and this reader raises. It also rewrites the file as the agents do.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_U64 = 2**64


class CorruptError(Exception):
    """The agents would move the whole file away."""


def is_u64(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _U64


def is_token(entry: dict[str, Any]) -> bool:
    texts = all(isinstance(entry.get(n), str) for n in ("access_token", "refresh_token", "token_endpoint", "provider"))
    return texts and is_u64(entry.get("expires_at"))


def is_pending(entry: dict[str, Any]) -> bool:
    texts = all(isinstance(entry.get(n), str) for n in ("verifier", "state", "token_url", "provider_name"))
    resource = entry.get("resource") is None or isinstance(entry["resource"], str)
    return texts and resource and is_u64(entry.get("created_at", 0))


def is_mcp(entry: dict[str, Any]) -> bool:
    """Return whether this fits rmcp's StoredCredentials with oauth2's StandardTokenResponse."""
    reply = entry.get("token_response")
    return (
        isinstance(entry.get("client_id"), str)
        and (reply is None or is_reply(reply))
        and isinstance(entry.get("granted_scopes", []), list)
        and all(isinstance(scope, str) for scope in entry.get("granted_scopes", []))
        and (entry.get("token_received_at") is None or is_u64(entry["token_received_at"]))
        and (entry.get("issuer") is None or isinstance(entry["issuer"], str))
    )


def is_reply(reply: Any) -> bool:
    return (
        isinstance(reply, dict)
        and isinstance(reply.get("access_token"), str)
        and isinstance(reply.get("token_type"), str)
        and (reply.get("expires_in") is None or is_u64(reply["expires_in"]))
        and (reply.get("refresh_token") is None or isinstance(reply["refresh_token"], str))
        and (reply.get("scope") is None or isinstance(reply["scope"], str))
    )


def read(path: Path) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return each entry with its shape."""
    found = {}
    for key, entry in json.loads(path.read_text(encoding="utf-8")).items():
        shapes = [name for name, fits in (("token", is_token), ("pending", is_pending), ("mcp", is_mcp)) if fits(entry)]
        if not isinstance(entry, dict) or not shapes:
            raise CorruptError(key)
        found[key] = (shapes[0], entry)
    return found


def rewrite(path: Path) -> None:
    """Return the file as rmcp 1.7 writes it: without the issuer and without unknown fields."""
    known = {
        "token": ("access_token", "refresh_token", "expires_at", "token_endpoint", "provider"),
        "pending": ("verifier", "state", "token_url", "provider_name", "resource", "created_at"),
        "mcp": ("client_id", "token_response", "granted_scopes", "token_received_at"),
    }
    kept = {key: {n: entry[n] for n in known[shape] if n in entry} for key, (shape, entry) in read(path).items()}
    path.write_text(json.dumps(kept, indent=2), encoding="utf-8")


def expires_at(entry: dict[str, Any]) -> int | None:
    """Return when rmcp considers the token expired; None means never, so a reader would send it until it is refused."""
    lifetime, received = (entry.get("token_response") or {}).get("expires_in"), entry.get("token_received_at")
    return None if lifetime is None or received is None else received + lifetime
