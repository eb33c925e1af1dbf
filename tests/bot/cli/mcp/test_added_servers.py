"""Every command at the console knows a server that a person added in Discord."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from openab_auth.storage import AddedServer, FileStore, Secret, TokenEntry, UserId
from openab_auth.storage.file.reader import FileReader
from tests.bot.cli.mcp.answers import checks, said
from tests.support.mcp_servers import approve

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ADDING = "[auth]\nvendors = []\nallow_http_loopback = true\nmcp_add = {}\n"


@pytest.fixture
def added(home: Path, urls: Mapping[str, str]) -> Path:
    """Add a server to the list of a running bot; return the store's path."""
    (home / ".config/openab-auth/config.toml").write_text(ADDING.format("true"))
    store = FileStore(home / ".openab/agent/auth.json")
    server = AddedServer(f"{urls['new']}/mcp", UserId(7), 1_800_000_000)
    store.update(lambda draft: draft.servers.__setitem__("people", server))
    return store.path.with_name("auth.json.servers")


def test_a_server_that_a_person_added_is_used_by_every_command(call: Run, run: Run, added: Path, home: Path) -> None:
    rows = {row["vendor"]: row for row in said(call("vendors", "--json"))["vendors"]}
    assert rows["mcp:people"]["title"].startswith("people (MCP at 127.0.0.1:")
    assert call("exec", "people", "--", "true").returncode == 3  # known, and nobody is logged in

    link = said(call("login", "mcp:people", "--json"))["url"]
    assert said(call("complete", "mcp:people", "--json", text=asyncio.run(approve(link))))["tenant"] == "people"
    token = said(call("token", "mcp:people", "--json"))["access_token"]
    assert run("exec", "mcp:people", "--", "printenv", "MCP_PEOPLE_TOKEN").stdout == f"{token}\n"
    assert said(run("refresh", "mcp:people", "--json"))["refreshed"]
    assert checks(call)["mcp:people metadata"]["ok"]
    assert checks(call)["mcp:people scopes"]["message"] == "granted: read"

    (home / ".config/openab-auth/config.toml").write_text(ADDING.format("false"))
    assert said(run("refresh", "mcp:people", "--json"))["refreshed"]
    assert "mcp:people is not offered" in call("login", "mcp:people").stderr.replace("'", "")
    assert "mcp:people metadata" not in checks(call)  # what is not offered is not asked
    assert said(call("logout", "mcp:people", "--local", "--json"))["removed"]


def test_a_token_for_a_vendor_is_printed_without_a_look_at_the_list(
    call: Run, added: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked(_: FileReader) -> None:
        raise AssertionError

    monkeypatch.setattr(FileReader, "servers", looked)
    entry = TokenEntry(Secret("canary-at"), Secret("r"), 4_000_000_000, "https://x.example/token", "codex")
    FileStore(home / ".openab/agent/auth.json").update(lambda draft: draft.__setitem__("codex", entry))

    assert call("token", "codex").stdout == "canary-at\n"
    with pytest.raises(AssertionError):
        call("vendors")


@pytest.mark.parametrize("damage", ["damaged", "unreadable"])
def test_doctor_names_a_bad_list_with_its_repair_and_all_else_works(call: Run, added: Path, damage: str) -> None:
    added.unlink()
    if damage == "damaged":
        added.write_text("{torn")
        added.chmod(0o600)
    else:
        added.mkdir(mode=0o700)

    found = checks(call)

    assert str(added) in found["store files"]["message"]
    assert found["store files"]["hint"].startswith("repair it, or rm" if damage == "damaged" else "remove it")
    assert found["store"]["ok"]
    assert [problem["what"] for problem in said(call("status", "--json"))["problems"]] == [
        found["store files"]["message"]
    ]
    assert call("vendors").returncode == 0
    assert call("login", "mcp:people").returncode == 2


def test_a_table_that_names_the_server_later_wins(call: Run, added: Path, home: Path) -> None:
    file = home / ".config/openab-auth/config.toml"
    file.write_text(f'{ADDING.format("true")}[mcp.people]\nurl = "https://mcp.example/mcp"\n')

    rows = {row["vendor"]: row["title"] for row in said(call("vendors", "--json"))["vendors"]}

    assert rows["mcp:people"] == "people (MCP)"
