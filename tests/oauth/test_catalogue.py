"""The shipped table under the operator's: what is offered, and the shipped facts as they were read."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict

import pytest

from oauth.catalogue import Catalogue
from oauth.config import AuthSettings, Config
from oauth.errors import ConfigError

LAB: dict[str, object] = {
    "authorize_url": "https://login.example.com/authorize",
    "token_url": "https://login.example.com/token",
    "client_id": "lab-public",
    "redirect_uri": "http://localhost:1455/auth/callback",
}


def facts(name: str) -> dict[str, object]:
    """What the shipped table says of a vendor beyond the defaults and the words for people."""
    vendor = asdict(Catalogue.shipped({}).get(name))
    defaults = asdict(Catalogue.from_config(Config(vendors={"plain": dict(LAB)}), {}).get("plain"))
    return {
        key: value
        for key, value in vendor.items()
        if value != defaults[key] and key not in {"name", "title", "note", "exec_env"}
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
    }
    assert Catalogue.shipped({}).get("claude").exec_env == "CLAUDE_CODE_OAUTH_TOKEN"


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


def test_the_offer_is_in_the_operators_order_and_names_nobody_twice() -> None:
    config = Config(auth=AuthSettings(vendors=("lab", "codex", "lab")), vendors={"lab": LAB})

    assert [vendor.name for vendor in Catalogue.from_config(config, {}).offered()] == ["lab", "codex"]


def test_by_default_every_vendor_without_risk_is_offered() -> None:
    config = Config(vendors={"lab": LAB, "dare": {**LAB, "risk": "experimental"}})
    catalogue = Catalogue.from_config(config, {})

    assert [vendor.name for vendor in catalogue.offered()] == ["claude", "codex", "lab"]
    assert [vendor.name for vendor in catalogue.all()] == ["claude", "codex", "lab", "dare"]


def test_an_accepted_risk_is_offered_but_not_a_vendor_that_the_operator_left_out() -> None:
    dare = {"dare": {**LAB, "risk": "tos-risk"}}
    accepted = Config(auth=AuthSettings(accept_risk=("dare",)), vendors=dare)
    left_out = Config(auth=AuthSettings(vendors=("codex",), accept_risk=("dare",)), vendors=dare)

    assert Catalogue.from_config(accepted, {}).get("dare").risk == "tos-risk"
    assert [vendor.name for vendor in Catalogue.from_config(left_out, {}).offered()] == ["codex"]


def test_a_vendor_that_is_not_offered_is_still_found_by_its_tenant() -> None:
    """A login that is in the store stays readable and refreshable when its vendor is withdrawn."""
    catalogue = Catalogue.from_config(Config(auth=AuthSettings(vendors=("codex",))), {})

    found = catalogue.find("anthropic-oauth")
    assert found is not None
    assert found.name == "claude"


def test_two_of_the_operators_vendors_may_not_share_a_tenant() -> None:
    config = Config(file="c.toml", vendors={"one": {**LAB, "tenant": "t"}, "two": {**LAB, "tenant": "t"}})

    with pytest.raises(ConfigError) as caught:
        Catalogue.from_config(config, {})

    assert [key for key, _ in caught.value.mistakes] == ["vendors.two.tenant"]


def test_a_shipped_vendor_whose_tenant_is_given_away_first_has_to_move() -> None:
    config = Config(vendors={"codex": {"tenant": "codex-shared"}, "lab": {**LAB, "tenant": "lab-2"}})

    assert Catalogue.from_config(config, {}).tenant_of("codex") == "codex-shared"


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
        "import sys; from oauth.catalogue import Catalogue; Catalogue.shipped({});"
        "print({'httpx2', 'authlib', 'asyncio', 'ssl', 'discord'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout == "set()\n", done.stderr
