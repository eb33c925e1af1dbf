"""The vendors that are offered, and the reason for each of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import (
    NoLoginError,
    ProgramMissingError,
    RiskNotAcceptedError,
    SecretMissingError,
    UnknownVendorError,
)
from openab_auth.oauth.vendors import Catalogue

LAB: dict[str, object] = {
    "authorize_url": "https://login.example.com/authorize",
    "token_url": "https://login.example.com/token",
    "client_id": "lab-public",
    "redirect_uri": "http://localhost:1455/auth/callback",
}
NOTHING_INSTALLED = {"PATH": "/nonexistent"}
MATRIX = {
    "claude",
    "claude-code",
    "codex",
    "codex-device",
    "codex-cli",
    "copilot",
    "gemini",
    "gemini-cli",
    "agy",
    "grok",
    "kiro",
    "kimi",
    "mimocode",
    "cursor",
    "opencode",
    "hermes",
    "pi",
}


def test_the_offer_is_in_the_operators_order_and_names_nobody_twice() -> None:
    config = Config(auth=AuthSettings(vendors=("lab", "codex", "lab")), vendors={"lab": LAB})

    assert [vendor.name for vendor in Catalogue.from_config(config, {}).offered()] == ["lab", "codex"]


def test_by_default_every_vendor_without_risk_is_offered() -> None:
    config = Config(vendors={"lab": LAB, "dare": {**LAB, "risk": "experimental"}})
    catalogue = Catalogue.from_config(config, NOTHING_INSTALLED)

    assert [vendor.name for vendor in catalogue.offered()] == [
        "codex",
        "codex-device",
        "copilot",
        "grok",
        "kimi",
        "mimocode",
        "cursor",
        "lab",
    ]
    assert {vendor.name for vendor in catalogue.all()} == MATRIX | {"lab", "dare"}


def test_an_accepted_risk_is_offered_but_not_a_vendor_that_was_left_out() -> None:
    dare = {"dare": {**LAB, "risk": "tos-risk"}}
    accepted = Config(auth=AuthSettings(accept_risk=("dare",)), vendors=dare)
    left_out = Config(auth=AuthSettings(vendors=("codex",), accept_risk=("dare",)), vendors=dare)

    assert Catalogue.from_config(accepted, {}).get("dare").risk == "tos-risk"
    assert [vendor.name for vendor in Catalogue.from_config(left_out, {}).offered()] == ["codex"]


def test_a_vendors_own_program_is_offered_where_it_is_installed(tmp_path: Path) -> None:
    program = tmp_path / "opencode"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert "opencode" in {vendor.name for vendor in Catalogue.shipped({"PATH": str(tmp_path)}).offered()}
    nowhere = Catalogue.shipped(NOTHING_INSTALLED)
    assert "opencode" not in {vendor.name for vendor in nowhere.offered()}
    with pytest.raises(ProgramMissingError, match="'opencode' is not installed"):
        nowhere.get("opencode")
    asked = Config(auth=AuthSettings(vendors=("opencode",)))
    assert Catalogue.from_config(asked, NOTHING_INSTALLED).get("opencode").flow == "command"


def test_what_cannot_be_logged_in_to_says_why_and_what_to_do() -> None:
    catalogue = Catalogue.shipped({})

    with pytest.raises(NoLoginError, match=r"no login command.*set ANTHROPIC_OAUTH_TOKEN .*where the agents run"):
        catalogue.get("pi")
    with pytest.raises(RiskNotAcceptedError, match=r'marked tos-risk.*add "agy" to \[auth\] accept_risk'):
        catalogue.get("agy")


def test_a_listed_vendor_says_that_its_risk_is_not_accepted_and_why() -> None:
    """Claude was offered by default once, so that configs list it without accepting a risk."""
    listed = Catalogue.from_config(Config(auth=AuthSettings(vendors=("claude", "codex"))), {})

    assert [vendor.name for vendor in listed.offered()] == ["codex"]
    with pytest.raises(RiskNotAcceptedError, match=r'tos-risk \(Anthropic documents .*legal-and-compliance.*"claude"'):
        listed.get("claude")


@pytest.mark.parametrize(
    ("name", "changes", "offered"),
    [
        ("claude", {"token_url": "http://127.0.0.1:1/token"}, True),
        ("claude", {"token_url": "http://127.0.0.1:1/token", "risk": "tos-risk"}, False),
        ("claude", {"token_url": "https://proxy.example.com/token"}, False),
        ("claude", {"authorize_url": "http://127.0.0.1:1/authorize"}, False),
        ("kiro", {"token_url": "http://127.0.0.1:1/token"}, False),
    ],
)
def test_terms_of_a_service_are_no_risk_at_a_server_on_this_machine(
    name: str, changes: dict[str, object], offered: bool
) -> None:
    config = Config(auth=AuthSettings(vendors=(name,)), vendors={name: changes})

    assert [one.name for one in Catalogue.from_config(config, {}).offered()] == [name] * offered


@pytest.mark.parametrize("vendors", [None, ("gemini", "codex")])
def test_a_vendor_without_its_client_secret_is_not_offered(vendors: tuple[str, ...] | None) -> None:
    config = Config(auth=AuthSettings(vendors=vendors))

    without = Catalogue.from_config(config, NOTHING_INSTALLED)
    there = Catalogue.from_config(config, NOTHING_INSTALLED | {"GEMINI_OAUTH_CLIENT_SECRET": "x"})

    assert "gemini" not in {vendor.name for vendor in without.offered()}
    with pytest.raises(SecretMissingError, match="variable GEMINI_OAUTH_CLIENT_SECRET"):
        without.get("gemini")
    assert there.get("gemini") in there.offered()


def test_a_vendor_that_is_not_listed_is_not_explained_by_its_secret() -> None:
    listed = Catalogue.from_config(Config(auth=AuthSettings(vendors=("codex",))), NOTHING_INSTALLED)

    assert type(listed.refusal("gemini")) is UnknownVendorError
    assert listed.refusal("codex") is None
