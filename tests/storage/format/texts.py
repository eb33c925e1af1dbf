"""An entry of each kind, and files with these entries."""

from __future__ import annotations

import json

TOKEN = {"access_token": "a", "refresh_token": "r", "expires_at": 5, "token_endpoint": "u", "provider": "codex"}
MCP = {
    "client_id": "c",
    "token_response": {"access_token": "a", "token_type": "bearer", "expires_in": 60, "scope": "x y", "vendor": [1]},
    "granted_scopes": ["x", "y"],
    "token_received_at": 7,
    "issuer": "https://as.example",
}


def text(*entries: object) -> str:
    return json.dumps({f"k{n}": entry for n, entry in enumerate(entries)}, ensure_ascii=False, indent=2)
