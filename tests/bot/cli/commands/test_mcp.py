"""`mcp add` and `mcp remove`: the servers that people add in Discord, at the console."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import FileStore

Run = Callable[..., "subprocess.CompletedProcess[str]"]
URL = "https://mcp.example/mcp"


@pytest.fixture
def store(home: Path) -> FileStore:
    (home / ".config/openab-auth/config.toml").write_text("[auth]\nmcp_add = true\n")
    return FileStore(home / ".openab/agent/auth.json")


def code_of(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    return done.returncode, json.loads(done.stderr)["error"]["code"]


def test_a_server_is_added_once_offered_and_removed(call: Run, store: FileStore) -> None:
    added = json.loads(call("mcp", "add", "lab", URL, "--json").stdout)
    again = call("mcp", "add", "lab", URL)
    offered = call("vendors").stdout
    removed = json.loads(call("mcp", "remove", "lab", "--json").stdout)

    assert added == removed == {"server": "lab", "url": URL}
    assert "was there already" in again.stdout
    assert "lab (MCP at mcp.example)" in offered
    assert not store.servers()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["add", "lab"], "usage"),
        (["remove", "lab", URL], "usage"),
        (["remove", "lab"], "server_not_removed"),
        (["add", "lab", "http://mcp.example/mcp"], "server_not_added"),
        (["add", "codex", URL], "server_not_added"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_changes_nothing(
    words: list[str], code: str, call: Run, store: FileStore
) -> None:
    assert code_of(call("mcp", *words, "--json")) == (2, code)
    assert not store.servers()


def test_where_the_config_does_not_allow_it_nothing_is_added(call: Run, home: Path) -> None:
    refused = call("mcp", "add", "lab", URL, "--json")

    assert code_of(refused) == (2, "server_not_added")
    assert not FileStore(home / ".openab/agent/auth.json").servers()
