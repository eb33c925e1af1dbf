"""A login at an MCP server from the command line: the two steps, and a token for a script."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from openab_auth.storage import FileStore, McpEntry
from tests.bot.cli.mcp.answers import said

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_server_is_logged_in_to_and_its_token_printed_renewed_and_ended(
    call: Run, home: Path, login: dict[str, Any]
) -> None:
    assert (login["vendor"], login["tenant"]) == ("mcp:new", "new")

    first = said(call("token", "mcp:new", "--json"))
    assert first["access_token"].startswith("canary-at")
    assert said(call("token", "new", "--json")) == first
    assert said(call("refresh", "mcp:new", "--json"))["refreshed"]
    assert said(call("token", "mcp:new", "--json"))["access_token"] != first["access_token"]

    (shown,) = said(call("status", "--json"))["logins"]
    assert (shown["tenant"], shown["kind"], shown["state"]) == ("new", "mcp", "ok")
    assert said(call("logout", "mcp:new", "--local", "--json"))["removed"]
    assert call("token", "mcp:new").returncode == 3


def test_processes_that_find_a_token_expired_at_once_rotate_it_once(
    run: Run, home: Path, config: Path, login: dict[str, Any]
) -> None:
    """Rotation with reuse revocation: a second POST of the same refresh token would end the login for all."""
    store = FileStore(home / ".openab/agent/auth.json")
    before = store.read()["new"]
    assert isinstance(before, McpEntry)
    expired = dataclasses.replace(before, token_received_at=1)
    store.update(lambda draft: draft.__setitem__("new", expired))

    with ThreadPoolExecutor(4) as agents:
        printed = [done.stdout for done in agents.map(lambda _: run("token", "mcp:new"), range(4))]

    after = store.read()["new"]
    assert isinstance(after, McpEntry)
    assert set(printed) == {f"{after.access_token.reveal()}\n"}
    assert after.refresh_token != before.refresh_token
    assert said(run("refresh", "mcp:new", "--json"))["refreshed"]  # the family lives: nothing was posted twice


def test_servers_are_listed_among_what_can_be_logged_in_to(call: Run, config: Path) -> None:
    rows = {row["vendor"]: row for row in said(call("vendors", "--json"))["vendors"]}

    assert (rows["mcp:new"]["tenant"], rows["mcp:new"]["flow"], rows["mcp:new"]["enabled"]) == ("new", "pkce", True)


def test_all_mistakes_in_a_servers_table_are_named_and_nothing_starts(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text('[mcp.codex]\nurl = "http://mcp.example"\n')

    refused = call("login", "mcp:codex")

    assert refused.returncode == 2
    assert "mcp.codex: the server needs another name, because the vendor codex" in refused.stderr
    assert "mcp.codex.url: must be https" in refused.stderr
