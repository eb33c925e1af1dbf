"""OAuth clients that an authorization server registered for us, and facts that a login needs.

No shape of an entry has a field for a client secret, and the Rust agents drop fields that they do not know. If these
records are lost, each login works until its token expires. A login that needs its record must then be made again, and
a lost client is registered again.

The floors above choose the keys:

    mcp:NAME ISSUER         the client that this issuer registered for logins at the server NAME
    pending:mcp:NAME:USER   the binding of a pending login (openab_auth.oauth.mcp.binding)
    NAME, or mcp:NAME       the binding of the login under this tenant, and the scopes that its server asked for
    vendor:TENANT           the client that a vendor registered for us
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from openab_auth.storage.entries import Json
from openab_auth.storage.records.kind import RecordKind
from openab_auth.storage.secret import Secret


class ClientRecord(NamedTuple):
    """One client; `expires_at` is the end of its secret in unix seconds, and 0 means never.

    `facts` holds everything else that the owner of the record must remember, as JSON and without a secret.
    """

    client_id: str
    client_secret: Secret | None = None
    expires_at: int = 0
    facts: Mapping[str, Json] = MappingProxyType({})


def _to_json(client: ClientRecord) -> dict[str, Json]:
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret.reveal() if client.client_secret else None,
        "expires_at": client.expires_at,
        "facts": dict(client.facts),
    }


def _from_json(value: object) -> ClientRecord | None:
    if not isinstance(value, dict) or not isinstance(client_id := value.get("client_id"), str):
        return None
    secret, expires_at, facts = value.get("client_secret"), value.get("expires_at"), value.get("facts")
    return ClientRecord(
        client_id,
        client_secret=Secret(secret) if isinstance(secret, str) and secret else None,
        expires_at=expires_at if type(expires_at) is int else 0,
        facts=facts if isinstance(facts, dict) else {},
    )


CLIENTS: Final = RecordKind("clients", _to_json, _from_json)
