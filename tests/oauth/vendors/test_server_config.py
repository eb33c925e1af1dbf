"""The operator's `[mcp.NAME]` tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.http import NetworkPolicy
from openab_auth.oauth.vendors import DEFAULT_REDIRECT, Catalogue, McpServer, VendorName, read_config
from openab_auth.storage import Secret, Tenant

URL = "https://mcp.example/mcp"


def catalogue(text: str, tmp_path: Path, **environ: str) -> Catalogue:
    file = tmp_path / "openab-auth.toml"
    file.write_text(text)
    return Catalogue.from_config(read_config(file, environ), environ)


def mistakes(text: str, tmp_path: Path, **environ: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as error:
        catalogue(text, tmp_path, **environ)
    return dict(error.value.mistakes)


def test_an_url_is_all_that_a_server_needs(tmp_path: Path) -> None:
    found = catalogue(f'[mcp.linear]\nurl = "{URL}"', tmp_path)

    assert found.server_named(VendorName("mcp:linear")) == found.server_of(Tenant("linear")) == McpServer("linear", URL)
    vendor = found.get("mcp:linear")
    assert (vendor.tenant, vendor.redirect_uri) == ("linear", DEFAULT_REDIRECT)
    assert [one.name for one in found.offered()][-1] == "mcp:linear"


def test_every_key_of_the_contract_is_read(tmp_path: Path) -> None:
    text = f"""
        [mcp.Acme]
        url = "{URL}"
        issuer = "https://accounts.example"
        client_id = "table"
        client_id_env = "ACME_ID"
        client_secret_env = "ACME_SECRET"
        token_endpoint_auth_method = "client_secret_post"
        client_metadata_url = "https://me.example/client.json"
        client_name = "Ours"
        client_uri = "https://ours.example"
        redirect_uri = "http://127.0.0.1:9999/callback"
        scopes = ["a", "b"]
        authorize_params = {{ access_type = "offline" }}
        send_resource = false
        scope_in_refresh = true
        allow_private_hosts = ["10.0.0.5", "mcp.internal"]
    """

    server = catalogue(text, tmp_path, ACME_ID="from the environment", ACME_SECRET="canary-secret").server_named(
        VendorName("mcp:Acme")
    )

    assert server is not None
    assert server.client_id == "from the environment"
    assert server.client_secret == Secret("canary-secret")
    assert server.authorize_params == {"access_type": "offline"}
    assert (server.send_resource, server.scope_in_refresh) == (False, True)
    assert server.network_policy.allows("mcp.internal", "10.9.9.9")
    assert "canary" not in repr(server)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    text = """
        [mcp.none]
        [mcp.typo]
        url = "https://mcp.example"
        issuers = "x"
        [mcp.plain]
        url = "http://mcp.example/mcp"
        [mcp.loop]
        url = "http://127.0.0.1:8000/mcp"
        [mcp.user]
        url = "https://me:secret@mcp.example/mcp"
        [mcp.lots]
        url = "https://mcp.example"
        issuer = "https://as.example?x=1"
        token_endpoint_auth_method = "private_key_jwt"
        client_metadata_url = "https://me.example"
        redirect_uri = "http://elsewhere.example/callback"
        scopes = "read"
        allow_private_hosts = ["http://x"]
        client_secret_env = "SECRET"
        [mcp."a/b"]
        url = "https://mcp.example"
        [mcp."a..b"]
        url = "https://mcp.example"
        [mcp.claude]
        url = "https://mcp.example"
        [mcp.anthropic-oauth]
        url = "https://mcp.example"
        [mcp.Codex]
        url = "https://mcp.example"
    """

    found = mistakes(text, tmp_path)

    assert set(found) == {
        "mcp.none.url",
        "mcp.typo.issuers",
        "mcp.plain.url",
        "mcp.loop.url",
        "mcp.user.url",
        "mcp.lots.issuer",
        "mcp.lots.token_endpoint_auth_method",
        "mcp.lots.client_metadata_url",
        "mcp.lots.redirect_uri",
        "mcp.lots.scopes",
        "mcp.lots.allow_private_hosts",
        "mcp.lots.client_id",
        "mcp.a/b",
        "mcp.a..b",
        "mcp.claude",
        "mcp.anthropic-oauth",
        "mcp.Codex",
    }
    assert "because the vendor codex" in found["mcp.Codex"]
    assert "allow_http_loopback" in found["mcp.loop.url"]


def test_servers_are_checked_together_with_what_else_is_wrong(tmp_path: Path) -> None:
    assert set(mistakes("[auth]\nvendor = 1\n[mcp.lab]\nurl = 7", tmp_path)) >= {"auth.vendor", "mcp.lab.url"}


def test_two_servers_never_share_a_name_on_any_file_system(tmp_path: Path) -> None:
    text = f'[mcp.Lab]\nurl = "{URL}"\n[mcp.lab]\nurl = "{URL}"'

    assert set(mistakes(text, tmp_path)) == {"mcp.lab"}


def test_the_test_option_allows_this_machine(tmp_path: Path) -> None:
    text = '[auth]\nallow_http_loopback = true\n[mcp.lab]\nurl = "http://127.0.0.1:8000/mcp"'

    server = catalogue(text, tmp_path).server_of(Tenant("lab"))

    assert server is not None
    assert server.network_policy == NetworkPolicy(http_loopback=True)


def test_the_configs_on_the_page_of_the_docs_have_no_mistake(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/mcp.md").read_text()
    (tmp_path / "mcp.json").write_text("{}")
    blocks = [*re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]
    rows = re.findall(r"`((?:\w+ = [^`]+))`", page)
    assert len(blocks) >= 2
    assert len(rows) >= 5

    for block in blocks:
        catalogue(block.replace("~/.openab/agent", str(tmp_path)), tmp_path)
    for row in rows:
        if "allow_http_loopback" not in row:
            catalogue(f'[mcp.x]\nurl = "{URL}"\n{row}', tmp_path)


def test_without_servers_there_are_none() -> None:
    assert Catalogue.from_config(Config(), {}).server_named(VendorName("mcp:linear")) is None
