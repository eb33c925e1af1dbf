"""OAuth clients that a server registered for us, and what a login of theirs needs: `auth.json.clients`, 0600.

The credential file has no room for a client's secret, and the Rust agents drop what they do not know. Losing this file
loses no login that lives; who cannot renew one without it logs in again, and a lost client is registered anew.

What lies under which key is the house's upper floors' business:

    mcp:NAME ISSUER         the client that this issuer registered for logins at the server NAME
    pending:mcp:NAME:USER   what a link is bound to, until its paste comes (openab_auth.oauth.mcp.binding)
    NAME, or mcp:NAME       what the login under this tenant is bound to, and the scopes that were demanded of it since
    vendor:TENANT           the client that a vendor registered for us
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from openab_auth.storage.entries import Json
from openab_auth.storage.file.record_files import RecordFile
from openab_auth.storage.secret import Secret


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """One client; `expires_at` is the end of its secret in unix seconds, 0 for never.

    `facts` is whatever else its owner must remember of it, as JSON, and never a secret.
    """

    client_id: str
    client_secret: Secret | None = None
    expires_at: int = 0
    facts: Mapping[str, Json] = field(default_factory=dict, repr=False)


def _json(client: ClientRecord) -> dict[str, Json]:
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret.reveal() if client.client_secret else None,
        "expires_at": client.expires_at,
        "facts": dict(client.facts),
    }


def _client(value: object) -> ClientRecord | None:
    if not isinstance(value, dict) or not isinstance(client_id := value.get("client_id"), str):
        return None
    secret, expires_at, facts = value.get("client_secret"), value.get("expires_at"), value.get("facts")
    return ClientRecord(
        client_id,
        client_secret=Secret(secret) if isinstance(secret, str) and secret else None,
        expires_at=expires_at if type(expires_at) is int else 0,
        facts=facts if isinstance(facts, dict) else {},
    )


FILE: Final = RecordFile("clients", _client, _json)
