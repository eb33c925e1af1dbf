"""Vendors that need no paste, and an authorization server that may be polled often."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, Issuer
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.flows.device import code as codes
from tests.cogs.auth.on_discord.waiting.device_codes import FLOWS, PROGRAM


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, issuer: Issuer) -> None:
    """Poll often, so that no test waits for a whole second."""
    monkeypatch.setattr(codes, "SHORTEST", 0.01)
    monkeypatch.setattr("openab_auth.oauth.flows.device.poll._SLOWER", 0.05)
    monkeypatch.setattr(
        "openab_auth.bot.playground.issuer.devices._SLOWER", 0
    )  # or two that poll never leave it in peace
    issuer.devices.interval = 0.05


@pytest.fixture
def config(issuer: Issuer, tmp_path: Path) -> Config:
    """Write a config with shipped vendors at other addresses and with another client, and with one new vendor."""
    standard = {"device_url": issuer.device_url, "token_url": issuer.token_url, "client_id": CLIENT_ID}
    return Config(
        auth=AuthSettings(vendors=("lab", *FLOWS, "pi", "shell", "late"), accept_risk=("kiro",)),
        vendors={
            "lab": {**standard, "flow": "device", "title": "The Lab"},
            "shell": {"flow": "command", "command": [sys.executable, str(PROGRAM), "again", str(tmp_path)]},
            "late": {"flow": "command", "command": [sys.executable, str(PROGRAM), "device", str(tmp_path)]},
            "grok": standard,
            "copilot": {**standard, "userinfo_url": issuer.userinfo_url, "account_from": "email"},
            "codex-device": {
                "device_url": f"{issuer.url}/codex/usercode",
                "authorize_url": issuer.devices.page,
                "token_url": issuer.token_url,
                "redirect_uri": "http://localhost:1455/auth/callback",
                "client_id": CLIENT_ID,
            },
            "kiro": {
                "device_url": f"{issuer.url}/aws/device_authorization",
                "token_url": f"{issuer.url}/aws/token",
            },
        },
    )
