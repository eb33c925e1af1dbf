"""`gmail-native` is the login that the `openab` binary keeps in the same file: no vendor and no server may take it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import ConfigError, ServerNameTakenError
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AddedServer, UserId

LAB = {
    "authorize_url": "https://login.example.com/authorize",
    "token_url": "https://login.example.com/token",
    "client_id": "lab",
    "redirect_uri": "http://localhost:1455/auth/callback",
}


@pytest.mark.parametrize(
    "vendors",
    [
        {"gmail-native": LAB},
        {"gmail-native": {**LAB, "tenant": "lab"}},
        {"lab": {**LAB, "tenant": "gmail-native"}},
        {"lab": {**LAB, "tenant": "Gmail-Native"}},
        {"gemini": {"tenant": "gmail-native"}},
    ],
)
def test_a_vendor_that_takes_it_is_a_mistake(vendors: dict[str, dict[str, object]]) -> None:
    with pytest.raises(ConfigError, match="'gmail-native' is the name of openab's own login"):
        Catalogue.from_config(Config(vendors=vendors), {})


@pytest.mark.parametrize("name", ["gmail-native", "GMail-Native"])
def test_a_server_that_takes_it_is_a_mistake(name: str) -> None:
    with pytest.raises(ConfigError, match=f"mcp.{name}: the server needs another name, because openab's own"):
        Catalogue.from_config(Config(mcp={name: {"url": "https://mcp.example/mcp"}}), {})


def test_a_server_of_openabs_list_under_this_name_is_skipped(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    servers = {name: {"type": "http", "url": "https://mcp.example/mcp"} for name in ("gmail-native", "other")}
    file.write_text(json.dumps({"mcpServers": servers}))

    catalogue = Catalogue.from_config(Config(auth=AuthSettings(mcp_json=str(file))), {"HOME": str(tmp_path)})

    assert [server.name for server in catalogue.servers()] == ["other"]


@pytest.mark.parametrize("name", ["gmail-native", "GMAIL-native"])
def test_nobody_adds_a_server_under_this_name(name: str) -> None:
    catalogue = Catalogue.from_config(Config(auth=AuthSettings(mcp_add=True)), {})
    added = AddedServer("https://mcp.example/mcp", UserId(1), 0)

    with pytest.raises(ServerNameTakenError):
        catalogue.read_new_server(name, added)
    assert not catalogue.with_added({name: added}).servers()
