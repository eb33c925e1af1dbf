"""The operator's config and the vendors' tables: valid values, and a name for every mistake."""

import os
from pathlib import Path

import pytest

from openab_auth.oauth.accounts import vendor_meant
from openab_auth.oauth.config import Config, StoreSettings, store_location
from openab_auth.oauth.errors import ConfigError, UnknownVendorError
from openab_auth.oauth.vendors import Catalogue, VendorName, read_config
from openab_auth.storage import Secret

LAB = """
[vendors.lab]
authorize_url = "https://login.example.com/authorize"
token_url = "https://login.example.com/token"
client_id = "lab"
redirect_uri = "http://localhost:1455/auth/callback"
"""


def catalogue(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> Catalogue:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return Catalogue.from_config(read_config(file, environ or {}), environ or {})


def mistakes(tmp_path: Path, text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        catalogue(tmp_path, text)
    assert str(tmp_path / "config.toml") in str(caught.value)
    return dict(caught.value.mistakes)


def test_the_shipped_two_are_as_their_vendors_tools_have_them() -> None:
    claude, codex = (Catalogue.shipped({}).named(VendorName(name)) for name in ("claude", "codex"))

    assert claude is not None
    assert codex is not None
    assert (claude.tenant, claude.token_body, claude.token_sends_state) == ("anthropic-oauth", "json", True)
    assert claude.redirect_uri == "https://platform.claude.com/oauth/code/callback"
    assert claude.note
    assert (codex.tenant, codex.token_body, codex.scopes[-1]) == ("codex", "form", "offline_access")
    assert codex.revoke_url


def test_one_key_of_a_shipped_vendor_can_be_overridden(tmp_path: Path) -> None:
    vendor = catalogue(tmp_path, '[vendors.codex]\ntitle = "Ours"\n').get("codex")

    assert (vendor.title, vendor.tenant, vendor.client_id) == ("Ours", "codex", "app_EMoamEEZ73f0CkXaXp7hrann")


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        LAB + 'token_ulr = "x"\ntenant = "a/b"\nflow = "magic"\ntoken_lifetime = 0\nscopes = "a"\nheaders = 3\n',
    )

    assert set(found) == {
        f"vendors.lab.{key}" for key in ("token_ulr", "tenant", "flow", "token_lifetime", "scopes", "headers")
    }
    assert "token_url" in found["vendors.lab.token_ulr"]


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com/token",
        "ftp://login.example.com",
        "https://user:password@login.example.com/",
        "https://login.example.com/#x",
        "login.example.com",
        "https://login.example.com:port/",
        "http://127.0.0.1.example.com/",
        "javascript:alert(1)",
    ],
)
def test_an_unsafe_endpoint_is_refused(url: str, tmp_path: Path) -> None:
    assert "vendors.lab.revoke_url" in mistakes(tmp_path, LAB + f'revoke_url = "{url}"\n')


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4455/t", "http://[::1]/t", "http://localhost:1/t", "https://x.example/t?a=b"]
)
def test_https_and_loopback_are_taken(url: str, tmp_path: Path) -> None:
    assert catalogue(tmp_path, LAB + f'revoke_url = "{url}"\n').get("lab").revoke_url == url


@pytest.mark.parametrize("missing", ["authorize_url", "token_url", "client_id", "redirect_uri"])
def test_what_a_login_cannot_do_without_is_asked_for(missing: str, tmp_path: Path) -> None:
    text = "\n".join(line for line in LAB.splitlines() if not line.startswith(missing))

    assert mistakes(tmp_path, text)


@pytest.mark.parametrize(
    "line", ['tenant = "codex"', 'tenant = "claude"', 'tenant = "mcp:x"', 'tenant = "pending:x:1"']
)
def test_a_tenant_that_is_somebody_elses_is_refused(line: str, tmp_path: Path) -> None:
    assert "vendors.lab.tenant" in mistakes(tmp_path, LAB + line + "\n")


def test_risky_vendors_are_offered_only_when_the_operator_accepts_each(tmp_path: Path) -> None:
    risky = LAB + 'risk = "tos-risk"\n'

    with pytest.raises(UnknownVendorError):
        catalogue(tmp_path, risky).get("lab")
    assert catalogue(tmp_path, '[auth]\naccept_risk = ["lab"]\n' + risky).get("lab").risk == "tos-risk"
    assert "auth.accept_risk" in mistakes(tmp_path, '[auth]\naccept_risk = ["nobody"]\n')


def test_variables_are_replaced_and_an_unset_one_is_named_with_its_key(tmp_path: Path) -> None:
    text = LAB.replace('"lab"', '"${LAB_ID}"')

    assert catalogue(tmp_path, text, {"LAB_ID": "from-outside"}).get("lab").client_id == "from-outside"
    assert "LAB_ID" in mistakes(tmp_path, text)["vendors.lab.client_id"]


def test_client_id_and_secret_come_from_their_variables(tmp_path: Path) -> None:
    text = LAB + 'client_id_env = "ID"\nclient_secret_env = "SECRET"\n'
    vendor = catalogue(tmp_path, text, {"ID": "outer", "SECRET": "canary-secret"}).get("lab")

    assert (vendor.client_id, vendor.client_secret) == ("outer", Secret("canary-secret"))
    assert "canary" not in repr(vendor)


def test_a_set_variable_of_the_vendors_tools_shadows_its_login() -> None:
    catalogue = Catalogue.shipped({"CLAUDE_CODE_OAUTH_TOKEN": "x"})

    claude = catalogue.named(VendorName("claude"))
    assert claude is not None
    assert catalogue.shadowed_by(claude) == "CLAUDE_CODE_OAUTH_TOKEN"
    assert catalogue.shadowed_by(catalogue.get("codex")) is None


def test_a_name_or_a_tenant_finds_the_vendor() -> None:
    catalogue = Catalogue.shipped({})

    claude = catalogue.named(VendorName("claude"))
    assert claude is not None
    assert vendor_meant("claude", catalogue) is vendor_meant("anthropic-oauth", catalogue) is claude
    assert vendor_meant("other", catalogue) is None
    assert catalogue.named(VendorName("anthropic-oauth")) is None


def test_where_the_store_lies(tmp_path: Path) -> None:
    config = Config(store=StoreSettings("/from/config.json"))

    assert str(store_location(config, "/explicit.json", {"OPENAB_AUTH_STORE": "/env.json"})) == "/explicit.json"
    assert str(store_location(config, None, {"OPENAB_AUTH_STORE": "/env.json"})) == "/env.json"
    assert str(store_location(config, None, {})) == "/from/config.json"
    assert str(store_location(Config(), None, {})).endswith("/.openab/agent/auth.json")


@pytest.mark.parametrize(
    "text", ["[auth", "x = 1\n", "[shop]\n", "auth = 3\n", "[vendors]\nlab = 3\n", "[auth]\nvendors = 3\n"]
)
def test_what_is_no_config_is_refused(text: str, tmp_path: Path) -> None:
    assert mistakes(tmp_path, text)


@pytest.mark.parametrize("data", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_refused(data: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    if data is not None:
        file.write_bytes(data)

    with pytest.raises(ConfigError, match=r"config\.toml"):
        read_config(file, {})


def test_a_mistake_in_one_table_does_not_hide_those_in_another(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        '[stores]\n[auth]\nvendor = ["lab"]\naccept_risk = ["nobody"]\n'
        + LAB.replace('"lab"', '"${LAB_ID}"').replace("token_url", "tokenurl"),
    )

    assert set(found) == {
        "stores",
        "auth.vendor",
        "auth.accept_risk",
        "vendors.lab.client_id",
        "vendors.lab.tokenurl",
        "vendors.lab.token_url",
    }
    assert "LAB_ID" in found["vendors.lab.client_id"]


def test_an_address_with_an_unset_variable_is_one_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        catalogue(tmp_path, LAB.replace("https://login.example.com/token", "${LAB}/token") + "x = 1\n")

    assert [key for key, _ in caught.value.mistakes] == ["vendors.lab.token_url", "vendors.lab.x"]


def test_variables_are_replaced_in_lists_and_nested_tables(tmp_path: Path) -> None:
    text = LAB + 'scopes = ["${A}-${B}", "x"]\nauthorize_params = { prompt = "${A}" }\n'

    vendor = catalogue(tmp_path, text, {"A": "a", "B": ""}).get("lab")

    assert (vendor.scopes, vendor.authorize_params) == (("a-", "x"), {"prompt": "a"})
    assert "vendors.lab.authorize_params.prompt" in mistakes(tmp_path, text)


def test_a_value_is_not_searched_for_variables_again(tmp_path: Path) -> None:
    vendor = catalogue(tmp_path, LAB + 'title = "${A}"\n', {"A": "${B}"}).get("lab")

    assert vendor.title == "${B}"


@pytest.mark.parametrize("title", ["${", "${}", "${A", "${A-b}", "${1A}", "a ${A B} c"])
def test_an_opened_variable_that_is_none_is_a_mistake(title: str, tmp_path: Path) -> None:
    """Otherwise the text would become a folder's name, or would go to a vendor unchanged."""
    file = tmp_path / "config.toml"
    file.write_text(LAB + f'title = "{title}"\n')

    with pytest.raises(ConfigError, match=r"vendors\.lab\.title: holds"):
        read_config(file, os.environ)


@pytest.mark.parametrize(("written", "meant"), [("$${A}", "${A}"), ("$A $$ 5$", "$A $$ 5$"), ("$${A}${A}", "${A}1")])
def test_a_doubled_dollar_stands_for_the_characters(written: str, meant: str, tmp_path: Path) -> None:
    assert catalogue(tmp_path, LAB + f'title = "{written}"\n', {"A": "1"}).get("lab").title == meant


def test_no_value_is_repeated_in_a_mistake(tmp_path: Path) -> None:
    text = LAB.replace('"lab"', "3") + 'headers = { a = "canary\\n" }\nrisk = "canary"\nrevoke_url = "canary"\n'
    with pytest.raises(ConfigError) as caught:
        catalogue(tmp_path, text)

    assert "canary" not in str(caught.value)


def test_a_config_prints_none_of_its_values() -> None:
    canary = {"lab": {"token_params": {"x": "canary"}}}

    assert "canary" not in repr(Config(vendors=canary, mcp=canary, discord=canary))


def test_a_mistake_in_toml_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[auth]\nvendors = [\n[x\n")

    with pytest.raises(ConfigError, match=r"config\.toml.*line \d"):
        read_config(file, {})


def test_a_file_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("a = " + "[" * 100_000)

    with pytest.raises(ConfigError, match="nested"):
        read_config(file, {})


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Some editors of Windows write one."""
    file = tmp_path / "config.toml"
    file.write_text('\ufeff[store]\npath = "/s.json"\n', encoding="utf-8")

    assert read_config(file, {}).store.path == "/s.json"


def test_a_number_of_too_many_digits_is_a_mistake_of_the_config(tmp_path: Path) -> None:
    file = tmp_path / "openab-auth.toml"
    file.write_text(f"[auth]\nvendors = {'9' * 5000}\n")

    with pytest.raises(ConfigError, match="digits"):
        read_config(file, {})


@pytest.mark.parametrize(
    ("text", "proxied"), [("", False), ('mcp_proxy = "none"', False), ('mcp_proxy = "environment"', True)]
)
def test_the_proxy_of_servers_needs_the_operators_word(tmp_path: Path, text: str, proxied: bool) -> None:
    rows = catalogue(tmp_path, f'[auth]\n{text}\n[mcp.far]\nurl = "https://far.example/mcp"\n')
    assert [server.network_policy.proxied for server in rows.servers()] == [proxied]


@pytest.mark.parametrize("value", ["true", '"http://proxy:8080"'])
def test_the_proxy_of_servers_is_no_address(tmp_path: Path, value: str) -> None:
    assert "auth.mcp_proxy" in mistakes(tmp_path, f"[auth]\nmcp_proxy = {value}\n")
