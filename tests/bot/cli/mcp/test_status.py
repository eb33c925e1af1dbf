"""`status` shows a login at an MCP server: its host, its scopes, and its last failed renewal."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2

from openab_auth.oauth.mcp import note_demand
from openab_auth.oauth.vendors import McpServer
from openab_auth.storage import Draft, FileStore, McpEntry, RefreshAttempt, Tenant
from tests.bot.cli.mcp.answers import checks, said
from tests.support.mcp_servers import approve

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_status_says_what_a_servers_login_is_bound_to_and_sends_no_request(
    call: Run, login: dict[str, Any], urls: Mapping[str, str]
) -> None:
    before = httpx2.get(f"{urls['new']}/seen").json()

    (shown,) = said(call("status", "--json"))["logins"]
    text = call("status").stdout

    host = urls["new"].removeprefix("http://")
    assert shown["server"] == {
        "host": host,
        "issuer": urls["new"],
        "asked": ["read"],
        "granted": ["read"],
        "missing": [],
        "hint": None,
    }
    assert f"  at {host}, authorization server {urls['new']}" in text.splitlines()
    assert "scopes" not in text
    assert httpx2.get(f"{urls['new']}/seen").json() == before


def test_status_says_which_scopes_an_agent_lacked_and_what_to_do(call: Run, home: Path, login: dict[str, Any]) -> None:
    store = FileStore(home / ".openab/agent/auth.json")
    store.update(lambda draft: note_demand(draft, Tenant("new"), None, ("admin", *(f"scope-{n}" for n in range(200)))))

    (shown,) = said(call("status", "--json"))["logins"]
    text = call("status").stdout

    assert shown["server"]["missing"][0] == "admin"
    assert "log in again" in shown["server"]["hint"]
    (lacks,) = [line for line in text.splitlines() if "missing scopes: admin" in line]
    assert lacks.endswith("; log in again with /auth login or `openab-auth login`")
    assert "log in again" in checks(call)["mcp:new scopes"]["hint"]


def test_status_and_doctor_say_that_the_configs_scopes_must_be_widened(call: Run, home: Path, config: Path) -> None:
    link = said(call("login", "mcp:narrow", "--json"))["url"]
    said(call("complete", "mcp:narrow", "--json", text=asyncio.run(approve(link))))
    server = McpServer("narrow", "https://mcp.example", scopes=("read",))
    store = FileStore(home / ".openab/agent/auth.json")
    store.update(lambda draft: note_demand(draft, Tenant("narrow"), server, ("admin",)))

    (shown,) = said(call("status", "--json"))["logins"]

    assert "add them to scopes in [mcp.narrow]" in shown["server"]["hint"]
    assert checks(call)["mcp:narrow scopes"]["hint"] == shown["server"]["hint"]


def test_status_says_if_fewer_scopes_were_granted_or_a_renewal_failed(
    call: Run, home: Path, login: dict[str, Any]
) -> None:
    store = FileStore(home / ".openab/agent/auth.json")
    entry = store.read()["new"]
    assert isinstance(entry, McpEntry)
    attempt = RefreshAttempt(entry.refresh_token.fingerprint(), 1.5, "HTTP 503", answered=True, not_before=61.5)

    def change(draft: Draft) -> None:
        draft["new"] = dataclasses.replace(entry, granted_scopes=("less", "\x1b[2J"))
        draft.notes["new"] = draft.notes["new"]._replace(attempt=attempt)

    store.update(change)

    (shown,) = said(call("status", "--json"))["logins"]
    text = call("status").stdout

    assert (shown["server"]["asked"], shown["server"]["granted"]) == (["read"], ["less", "\x1b[2J"])
    assert shown["failed"] == {"reason": "HTTP 503", "at": 1, "not_before": 61}
    assert "  scopes asked for: read; granted: less [2J" in text.splitlines()
    assert "last renewal failed at 1970-01-01 00:00 UTC (HTTP 503)" in text
    assert checks(call)["mcp:new scopes"]["message"] == "granted: less [2J; asked for and not granted: read"
