"""Stores and a config for the warm command, and its answers for them."""

from __future__ import annotations

import json
import time
from pathlib import Path

from openab_auth.bot.cli.warm import answer

ENTRY = {"access_token": "at", "refresh_token": "rt", "token_endpoint": "https://x/t", "provider": "codex"}


def warm_token(words: list[str]) -> str | None:
    try:
        return answer.token(answer.Request(["token", *words]))
    except answer.UnusualError:
        return None


def entry(**fields: object) -> str:
    return json.dumps({"codex": {**ENTRY, "expires_at": int(time.time()) + 3600, **fields}})


def write_store(path: Path) -> Path:
    tenants = ["codex", "anthropic-oauth", "other", "lab-tenant", "xai-moved"]
    logins = {
        tenant: {**ENTRY, "expires_at": int(time.time()) + 3600, "access_token": f"{tenant}'s", "provider": tenant}
        for tenant in tenants
    }
    path.write_text(json.dumps(logins | {"xai-oauth": {"client_id": "x"}}))
    path.chmod(0o600)
    return path


def write_config(path: Path) -> Path:
    config = path.parent / "config.toml"
    config.write_text("""# an operator's
        [discord]
        bot_token = "${NOT_SET_HERE}"
        [store]
        path = "auth.json"
        [auth]
        vendors = ["codex", "lab"]
        [log]
        level = "debug"
        format = "json"
        [broker]
        uids = [1000, 1001]
        [vendors.grok]
        tenant = "xai-moved"
        [vendors.lab]
        tenant = "lab-tenant"
        authorize_url = "https://lab.example/authorize"
        token_url = "https://lab.example/token"
        client_id = "x"
        redirect_uri = "http://localhost:1/callback"
        [mcp.linear]
        url = "https://mcp.linear.app/mcp"
    """)
    return config
