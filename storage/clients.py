"""OAuth clients that a server registered for us, and what a login of theirs needs: `auth.json.clients`, 0600.

The credential file has no room for a client's secret, and the Rust agents drop what they do not know. Losing this file
loses no login that lives; who cannot renew one without it logs in again, and a lost client is registered anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from storage import atomic, quarantine, regular
from storage.entries import Json
from storage.errors import StoreUnreadableError
from storage.secret import Secret


@dataclass(frozen=True, slots=True)
class Client:
    """One client; `expires_at` is the end of its secret in unix seconds, 0 for never.

    `facts` is whatever else its owner must remember of it, as JSON, and never a secret.
    """

    client_id: str
    client_secret: Secret | None = None
    expires_at: int = 0
    facts: Mapping[str, Json] = field(default_factory=dict, repr=False)


def path_of(path: Path) -> Path:
    """Where the clients of this credential file lie."""
    return path.with_name(f"{path.name}.clients")


def load(path: Path) -> dict[str, Client]:
    """The clients by key; what is no client is left out, and so is all of a damaged file.

    Raises:
        StoreUnreadableError: the file is there but could not be read.
    """
    top = _parsed(_read(path_of(path)))
    members = top.items() if isinstance(top, dict) else ()
    return {key: client for key, value in members if (client := _client(value)) is not None}


def save(path: Path, clients: Mapping[str, Client], *, now: float) -> None:
    """Replace the clients; a damaged file's bytes are kept first.

    Raises:
        StorageError: the old file stays.
    """
    place = path_of(path)
    before = _read(place)
    if before and not isinstance(_parsed(before), dict):
        quarantine.keep(place, before, now)
    text = json.dumps({key: _json(client) for key, client in clients.items()}, indent=2)
    atomic.replace(place, text.encode())


def _read(place: Path) -> bytes:
    try:
        return regular.read(place)[0]
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StoreUnreadableError(place, error.strerror or type(error).__name__) from error


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _json(client: Client) -> dict[str, Json]:
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret.reveal() if client.client_secret else None,
        "expires_at": client.expires_at,
        "facts": dict(client.facts),
    }


def _client(value: object) -> Client | None:
    if not isinstance(value, dict) or not isinstance(client_id := value.get("client_id"), str):
        return None
    secret, expires_at, facts = value.get("client_secret"), value.get("expires_at"), value.get("facts")
    return Client(
        client_id,
        client_secret=Secret(secret) if isinstance(secret, str) and secret else None,
        expires_at=expires_at if type(expires_at) is int else 0,
        facts=facts if isinstance(facts, dict) else {},
    )
