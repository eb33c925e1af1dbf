"""Write a login into the store without a login flow."""

import json
import time
from pathlib import Path

CANARY = "canary-3f9c"


def write_login(home: Path, tenant: str = "codex", *, seconds: int = 3600) -> Path:
    """Write a login whose access token lives for `seconds`; return the store's path."""
    store = home / ".openab" / "agent" / "auth.json"
    store.parent.mkdir(parents=True)
    entry = {
        "access_token": f"{CANARY}-access",
        "refresh_token": f"{CANARY}-refresh",
        "expires_at": int(time.time()) + seconds,
        "token_endpoint": "http://127.0.0.1:9/token",
        "provider": tenant,
    }
    store.write_text(json.dumps({tenant: entry}))
    store.chmod(0o600)
    return store
