"""The shipped table under the operator's: the shipped facts as they were read, tenants and secrets."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict

import pytest

from openab_auth.oauth.config import AuthSettings, Config, obscure
from openab_auth.oauth.errors import (
    ConfigError,
)
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.storage import Secret, Tenant

LAB: dict[str, object] = {
    "authorize_url": "https://login.example.com/authorize",
    "token_url": "https://login.example.com/token",
    "client_id": "lab-public",
    "redirect_uri": "http://localhost:1455/auth/callback",
}


NOTHING_INSTALLED = {"PATH": "/nonexistent"}


def facts(name: str) -> dict[str, object]:
    """Return the values of a shipped vendor that differ from the defaults, without the words for people."""
    found = Catalogue.shipped({}).named(VendorName(name))
    assert found is not None
    vendor = asdict(found)
    defaults = asdict(Catalogue.from_config(Config(vendors={"plain": dict(LAB)}), {}).get("plain"))
    return {
        key: value
        for key, value in vendor.items()
        if value != defaults[key] and key not in {"name", "title", "note", "exec_env", "in_config", "written"}
    }


def test_claude_is_as_its_own_tool_has_it() -> None:
    assert facts("claude") == {
        "tenant": "anthropic-oauth",
        "authorize_url": "https://claude.com/cai/oauth/authorize",
        "token_url": "https://platform.claude.com/v1/oauth/token",
        "client_id": "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
        "redirect_uri": "https://platform.claude.com/oauth/code/callback",
        "scopes": (
            "org:create_api_key",
            "user:profile",
            "user:inference",
            "user:sessions:claude_code",
            "user:mcp_servers",
            "user:file_upload",
        ),
        "authorize_params": {"code": "true"},
        "token_body": "json",
        "token_sends_state": True,
        "token_lifetime": 28800,
        "account_from": "account.email_address",
        "env": ("ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"),
        "risk": "tos-risk",
    }
    claude = Catalogue.shipped({}).named(VendorName("claude"))
    assert claude is not None
    assert claude.exec_env == "CLAUDE_CODE_OAUTH_TOKEN"


def test_codex_is_as_its_own_tool_has_it() -> None:
    assert facts("codex") == {
        "tenant": "codex",
        "authorize_url": "https://auth.openai.com/oauth/authorize",
        "token_url": "https://auth.openai.com/oauth/token",
        "revoke_url": "https://auth.openai.com/oauth/revoke",
        "client_id": "app_EMoamEEZ73f0CkXaXp7hrann",
        "scopes": ("openid", "profile", "email", "offline_access"),
        "authorize_params": {
            "id_token_add_organizations": "true",
            "codex_cli_simplified_flow": "true",
            "originator": "openab-auth",
        },
        "account_from": "email",
        "env": ("CODEX_API_KEY", "OPENAI_API_KEY"),
    }
    assert Catalogue.shipped({}).get("codex").redirect_uri == "http://localhost:1455/auth/callback"


def test_a_vendor_that_is_not_offered_is_still_found_by_its_tenant() -> None:
    """A login that is in the store stays readable and refreshable when its vendor is withdrawn."""
    catalogue = Catalogue.from_config(Config(auth=AuthSettings(vendors=("codex",))), {})

    found = catalogue.vendor_of(Tenant("anthropic-oauth"))
    assert found is not None
    assert found.name == "claude"


def test_two_of_the_operators_vendors_may_not_share_a_tenant() -> None:
    config = Config(file="c.toml", vendors={"one": {**LAB, "tenant": "t"}, "two": {**LAB, "tenant": "t"}})

    with pytest.raises(ConfigError) as caught:
        Catalogue.from_config(config, {})

    assert [key for key, _ in caught.value.mistakes] == ["vendors.two.tenant"]


def test_a_shipped_vendor_whose_tenant_is_given_away_first_has_to_move() -> None:
    config = Config(vendors={"codex": {"tenant": "codex-shared"}, "lab": {**LAB, "tenant": "lab-2"}})

    moved = Catalogue.from_config(config, {})

    assert moved.get("codex").tenant == moved.get("codex-device").tenant == "codex-shared"


def test_a_tenant_is_renewed_by_the_first_of_the_rows_that_share_it() -> None:
    found = Catalogue.shipped({}).vendor_of(Tenant("codex"))

    assert found is not None
    assert found.flow == "pkce"


def test_an_override_of_a_shipped_vendor_leaves_its_other_flow_alone() -> None:
    config = Config(vendors={"codex": {"token_url": "http://127.0.0.1:1/token", "client_id": "mine"}})

    assert Catalogue.from_config(config, {}).get("codex-device").tenant == "codex"


def test_an_operators_second_flow_of_the_same_client_shares_the_login() -> None:
    device = {**LAB, "flow": "device", "device_url": "https://login.example.com/device", "tenant": "lab"}
    catalogue = Catalogue.from_config(Config(vendors={"lab": LAB, "lab-device": device}), {})

    assert catalogue.get("lab-device").tenant == "lab"
    with pytest.raises(ConfigError, match="belongs to the vendor lab already"):
        Catalogue.from_config(Config(vendors={"lab": LAB, "lab-device": {**device, "client_id": "other"}}), {})


def test_an_apps_secret_comes_from_a_variable_or_obscured_in_the_config() -> None:
    obscured = Config(vendors={"gemini": {"client_secret_obscured": obscure("from-the-config")}})

    without = Catalogue.shipped(NOTHING_INSTALLED).named(VendorName("gemini"))
    assert without is not None
    assert without.client_secret is None
    assert Catalogue.from_config(obscured, {}).get("gemini").client_secret == Secret("from-the-config")
    environ = {"GEMINI_OAUTH_CLIENT_SECRET": "from-outside"}
    assert Catalogue.from_config(obscured, environ).get("gemini").client_secret == Secret("from-outside")


def test_an_obscured_secret_that_is_none_is_named_and_not_repeated() -> None:
    config = Config(vendors={"gemini": {"client_secret_obscured": "canary"}})

    with pytest.raises(ConfigError) as caught:
        Catalogue.from_config(config, {})

    assert [key for key, _ in caught.value.mistakes] == ["vendors.gemini.client_secret_obscured"]
    assert "canary" not in str(caught.value)


def test_the_mistakes_of_all_vendors_and_names_come_together() -> None:
    config = Config(
        file="c.toml",
        auth=AuthSettings(vendors=("nobody",)),
        vendors={"codex": {"tokn_url": "x"}, "lab": {**LAB, "flow": "magic"}},
    )

    with pytest.raises(ConfigError) as caught:
        Catalogue.from_config(config, {})

    assert {key for key, _ in caught.value.mistakes} == {"vendors.codex.tokn_url", "vendors.lab.flow", "auth.vendors"}


def test_reading_the_table_imports_no_http_client() -> None:
    """A command that makes no request shall not pay for one: httpx2 and authlib cost more than all the rest."""
    code = (
        "import sys; from openab_auth.oauth.vendors.catalogue import Catalogue; Catalogue.shipped({});"
        "print({'httpx2', 'authlib', 'asyncio', 'ssl', 'discord'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout == "set()\n", done.stderr


def test_a_vendor_that_moved_to_another_tenant_does_not_own_its_old_one() -> None:
    catalogue = Catalogue.from_config(Config(vendors={"codex": {"tenant": "codex-shared"}}), {})

    assert catalogue.vendor_of(Tenant("codex")) is None
    assert catalogue.vendor_of(Tenant("codex-shared")) is catalogue.get("codex")
