"""An MCP server from the command line: the two steps, a token for a script, what status and doctor say."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openab_auth.bot.cli.doctor.servers import check_client_document
from openab_auth.oauth.mcp import Fetch, metadata_document, note_demand
from openab_auth.oauth.mcp.discovery.fetch import Fetch
from openab_auth.oauth.mcp.scopes import note_demand
from openab_auth.oauth.vendors import McpServer
from openab_auth.oauth.vendors.mcp_server import McpServer
from openab_auth.storage import (
    AddedServer,
    Draft,
    FileStore,
    McpEntry,
    RefreshAttempt,
    Secret,
    Tenant,
    TokenEntry,
    UserId,
)
from tests.support.mcp_servers import approve

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def config(home: Path, urls: Mapping[str, str]) -> Path:
    file = home / ".config/openab-auth/config.toml"
    file.write_text(f"""
        [auth]
        vendors = []
        allow_http_loopback = true
        [mcp.new]
        url = "{urls["new"]}/mcp"
        [mcp.closed]
        url = "{urls["closed"]}/mcp"
        [mcp.narrow]
        url = "{urls["brief"]}/mcp"
        scopes = ["read"]
        [mcp.nowhere]
        url = "http://127.0.0.1:9/mcp"
    """)
    return file


@pytest.fixture
def login(call: Run, config: Path) -> dict[str, Any]:
    link = said(call("login", "mcp:new", "--json"))["url"]
    return said(call("complete", "mcp:new", "--json", text=asyncio.run(approve(link))))


def said(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def checks(call: Run) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(call("doctor", "--json").stdout)["checks"]}


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


def test_processes_that_find_a_servers_token_expired_at_once_rotate_it_once(
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


def test_doctor_says_whether_a_servers_documents_lead_to_a_login(
    call: Run, login: dict[str, Any], urls: Mapping[str, str]
) -> None:
    found = checks(call)

    assert found["mcp:new metadata"]["ok"]
    assert found["mcp:new metadata"]["message"] == f"authorization server {urls['new']}; it registers clients"
    assert not found["mcp:closed metadata"]["ok"]
    assert "write client_id into [mcp.closed]" in found["mcp:closed metadata"]["hint"]
    assert not found["mcp:nowhere metadata"]["ok"]
    assert found["mcp:new scopes"] == {"name": "mcp:new scopes", "ok": True, "message": "granted: read", "hint": None}
    assert not any(name.endswith("reach") and name.startswith("mcp:") for name in found)


def test_doctor_says_which_scopes_an_agent_lacked(call: Run, home: Path, login: dict[str, Any]) -> None:

    store = FileStore(home / ".openab/agent/auth.json")
    store.update(lambda draft: note_demand(draft, Tenant("new"), None, ("admin",)))

    lacking = checks(call)["mcp:new scopes"]
    assert not lacking["ok"]
    assert "because it lacks admin" in lacking["message"]
    assert "log in again" in lacking["hint"]


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


def test_status_and_doctor_say_that_the_operators_scopes_have_to_be_widened(
    call: Run, home: Path, config: Path
) -> None:
    link = said(call("login", "mcp:narrow", "--json"))["url"]
    said(call("complete", "mcp:narrow", "--json", text=asyncio.run(approve(link))))
    server = McpServer("narrow", "https://mcp.example", scopes=("read",))
    store = FileStore(home / ".openab/agent/auth.json")
    store.update(lambda draft: note_demand(draft, Tenant("narrow"), server, ("admin",)))

    (shown,) = said(call("status", "--json"))["logins"]

    assert "add them to scopes in [mcp.narrow]" in shown["server"]["hint"]
    assert checks(call)["mcp:narrow scopes"]["hint"] == shown["server"]["hint"]


def test_status_says_that_fewer_scopes_were_granted_and_that_a_renewal_failed(
    call: Run, home: Path, login: dict[str, Any]
) -> None:
    store = FileStore(home / ".openab/agent/auth.json")
    entry = store.read()["new"]
    assert isinstance(entry, McpEntry)
    attempt = RefreshAttempt(entry.refresh_token.fingerprint(), 1.5, "HTTP 503", answered=True, not_before=61.5)

    def change(draft: Draft) -> None:
        draft["new"] = dataclasses.replace(entry, granted_scopes=("less", "\x1b[2J"))
        draft.notes["new"] = dataclasses.replace(draft.notes["new"], attempt=attempt)

    store.update(change)

    (shown,) = said(call("status", "--json"))["logins"]
    text = call("status").stdout

    assert (shown["server"]["asked"], shown["server"]["granted"]) == (["read"], ["less", "\x1b[2J"])
    assert shown["failed"] == {"reason": "HTTP 503", "at": 1, "not_before": 61}
    assert "  scopes asked for: read; granted: less [2J" in text.splitlines()
    assert "last renewal failed at 1970-01-01 00:00 UTC (HTTP 503)" in text
    assert checks(call)["mcp:new scopes"]["message"] == "granted: less [2J; asked for and not granted: read"


@pytest.mark.parametrize(
    ("status", "change", "reason"),
    [
        (200, {}, ""),
        (404, {}, "not found"),
        (200, {"redirect_uris": []}, "other values for redirect_uris"),
        (200, {"client_id": "https://me.example/other"}, "other values for client_id"),
    ],
)
async def test_doctor_compares_the_client_document_that_the_operator_hosts(
    status: int, change: dict[str, Any], reason: str
) -> None:
    """MCP, client ID metadata documents: `client_id` must equal the URL."""
    server = McpServer("lab", "https://mcp.example/mcp", client_metadata_url="https://me.example/client.json")
    hosted = {**metadata_document(server), **change}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, json=hosted))
    async with httpx2.AsyncClient(transport=transport) as http:
        check = await check_client_document(server, Fetch(http, "mcp:lab", "lab", deadline=5))

    assert check.ok == (not reason)
    assert reason in check.message
    assert check.ok or json.loads((check.hint or "").partition(": ")[2]) == metadata_document(server)


def test_a_config_with_a_wrong_server_names_all_mistakes_and_starts_nothing(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text('[mcp.codex]\nurl = "http://mcp.example"\n')

    refused = call("login", "mcp:codex")

    assert refused.returncode == 2
    assert "mcp.codex: the name belongs to the vendor codex" in refused.stderr
    assert "mcp.codex.url: must be https" in refused.stderr


ADDING = "[auth]\nvendors = []\nallow_http_loopback = true\nmcp_add = {}\n"


@pytest.fixture
def added(home: Path, urls: Mapping[str, str]) -> Path:
    """The list of a running bot, in which a person has added a server; gives where it lies."""
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
    def looked(_: FileStore) -> None:
        raise AssertionError

    monkeypatch.setattr(FileStore, "servers", looked)
    entry = TokenEntry(Secret("canary-at"), Secret("r"), 4_000_000_000, "https://x.example/token", "codex")
    FileStore(home / ".openab/agent/auth.json").update(lambda draft: draft.__setitem__("codex", entry))

    assert call("token", "codex").stdout == "canary-at\n"
    with pytest.raises(AssertionError):
        call("vendors")


@pytest.mark.parametrize("damage", ["damaged", "unreadable"])
def test_doctor_names_a_list_that_cannot_be_used_with_its_repair_and_all_else_works(
    call: Run, added: Path, damage: str
) -> None:
    added.unlink()
    if damage == "damaged":
        added.write_text("{torn")
        added.chmod(0o600)
    else:
        added.mkdir(mode=0o700)

    found = checks(call)

    assert str(added) in found["store files"]["message"]
    assert found["store files"]["hint"].startswith("mend it, or rm" if damage == "damaged" else "make it readable")
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
