"""Servers from openab's own `mcp.json`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.storage import Secret, Tenant

SERVERS = {
    "linear": {"type": "http", "url": "https://mcp.linear.app/mcp", "request_timeout_secs": 30},
    "Acme": {
        "type": "streamable-http",
        "url": "https://${env:ACME_HOST}/mcp",
        "oauth": {
            "provider": "custom",
            "scopes": ["a", "b"],
            "client_id": "acme-id",
            "client_secret": "${env:ACME_SECRET}",
            "redirect_uri": "http://localhost:7777/cb",
        },
    },
    "local": {"type": "stdio", "command": "server"},
    "plain": {"type": "http", "url": "http://10.0.0.1/mcp"},
    "unset": {"type": "http", "url": "https://${env:NOBODY_SET_THIS}/mcp"},
    "codex": {"type": "http", "url": "https://codex.example/mcp"},
    "a/b": {"type": "http", "url": "https://slash.example/mcp"},
    "odd": "text",
}


def catalogue(text: str, tmp_path: Path, **mcp: dict[str, object]) -> Catalogue:
    file = tmp_path / "mcp.json"
    file.write_text(text)
    environ = {"ACME_HOST": "acme.example", "ACME_SECRET": "canary"}
    return Catalogue.from_config(Config(auth=AuthSettings(mcp_json=str(file)), mcp=mcp), environ)


def test_its_remote_servers_are_offered_and_everything_else_is_passed_over(tmp_path: Path) -> None:
    found = catalogue(json.dumps({"mcpServers": SERVERS, "roots": []}), tmp_path)

    assert [one.name for one in found.servers()] == ["linear", "Acme"]
    acme = found.server_named(VendorName("mcp:Acme"))
    assert acme is not None
    assert (acme.url, acme.client_id, acme.client_secret) == ("https://acme.example/mcp", "acme-id", Secret("canary"))
    assert (acme.scopes, acme.redirect_uri) == (("a", "b"), "http://localhost:7777/cb")


def test_a_table_of_ours_is_laid_over_it(tmp_path: Path) -> None:
    found = catalogue(json.dumps({"mcpServers": SERVERS}), tmp_path, Acme={"scopes": ["c"]}, own={"url": "https://x.y"})

    acme = found.server_of(Tenant("Acme"))
    assert acme is not None
    assert (acme.url, acme.scopes) == ("https://acme.example/mcp", ("c",))
    assert found.server_of(Tenant("own")) is not None


def test_a_secret_in_a_variable_that_programs_obey_is_none(tmp_path: Path) -> None:
    """Sending PATH to a server helps nobody, and a login program needs its PATH."""
    login = {"client_id": "x", "client_secret": "${env:PATH}"}
    server = {"type": "http", "url": "https://mcp.example/mcp", "oauth": login}

    [found] = catalogue(json.dumps({"mcpServers": {"own": server}}), tmp_path).servers()

    assert (found.client_id, found.client_secret_env, found.client_secret) == ("x", "", None)


@pytest.mark.parametrize("text", ["[]", "{}", '{"mcpServers": []}', '{"mcpServers": {"x": {"type": "http"}}}'])
def test_a_file_without_servers_has_none(tmp_path: Path, text: str) -> None:
    assert catalogue(text, tmp_path).servers() == ()


def test_a_file_that_cannot_be_read_is_a_mistake_of_the_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"auth\.mcp_json: .*not JSON"):
        catalogue("{torn", tmp_path)
    with pytest.raises(ConfigError, match=r"auth\.mcp_json: .*No such file"):
        Catalogue.from_config(Config(auth=AuthSettings(mcp_json=str(tmp_path / "none"))), {})
