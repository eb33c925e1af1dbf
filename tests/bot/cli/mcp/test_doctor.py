"""`doctor` checks the documents and the client of an MCP server, and the scopes of a login."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openab_auth.bot.cli.doctor.servers import check_client_document
from openab_auth.oauth.mcp import Fetch, metadata_document, note_demand
from openab_auth.oauth.vendors import McpServer
from openab_auth.storage import FileStore, Tenant
from tests.bot.cli.mcp.answers import checks

Run = Callable[..., "subprocess.CompletedProcess[str]"]


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
