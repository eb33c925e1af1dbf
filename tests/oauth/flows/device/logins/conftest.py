"""Processes on one store that log people in by code, at vendors with short intervals."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.flows.device import code as codes
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore
from tests.oauth.flows.device.logins.device_logins import Start
from tests.support.patience import PATIENCE


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, issuer: Issuer) -> None:
    """Poll often, so that no test waits for a whole second."""
    monkeypatch.setattr(codes, "SHORTEST", 0.01)
    monkeypatch.setattr("openab_auth.oauth.flows.device.approval.INTERVAL", 0.05)
    monkeypatch.setattr("openab_auth.oauth.flows.device.poll._SLOWER", 0.05)
    monkeypatch.setattr(
        "openab_auth.bot.playground.issuer.devices._SLOWER", 0
    )  # or two that poll never leave it in peace
    issuer.devices.interval = 0.05


@pytest.fixture
def catalogue(issuer: Issuer) -> Catalogue:
    """Return a new vendor, and three shipped vendors at other addresses and with another client."""
    lab = {"flow": "device", "device_url": issuer.device_url, "token_url": issuer.token_url, "client_id": CLIENT_ID}
    codex = {"device_url": f"{issuer.url}/codex/usercode", "authorize_url": issuer.devices.page}
    return Catalogue.from_config(
        Config(
            auth=AuthSettings(accept_risk=("kiro",)),
            vendors={
                "lab": {**lab, "scopes": ["openid", "email", "offline_access"], "account_from": "email"},
                "found": {"flow": "device", "issuer": issuer.url, "client_id": CLIENT_ID},
                "codex-device": {
                    **codex,
                    "token_url": issuer.token_url,
                    "redirect_uri": "http://localhost:1455/auth/callback",
                    "client_id": CLIENT_ID,
                },
                "kiro": {
                    "device_url": f"{issuer.url}/aws/device_authorization",
                    "token_url": f"{issuer.url}/aws/token",
                },
                "copilot": {
                    "device_url": issuer.device_url,
                    "token_url": issuer.token_url,
                    "userinfo_url": issuer.userinfo_url,
                    "account_from": "email",
                    "client_id": CLIENT_ID,
                },
            },
        ),
        {},
    )


@pytest.fixture
async def start(catalogue: Catalogue, tmp_path: Path, clock: Callable[[], float]) -> AsyncIterator[Start]:
    """Start the logins again on the same store, as another process or a restart does."""
    async with AsyncExitStack() as stack:

        def begin() -> Logins:
            store, driver = (
                AsyncStore(FileStore(tmp_path / "auth.json", clock=clock)),
                Driver(clock=clock, deadline=PATIENCE),
            )
            logins = Logins(catalogue, store, driver, clock=clock, lock_wait=PATIENCE)
            for close in (driver.aclose, store.aclose, logins.aclose):
                stack.push_async_callback(close)
            return logins

        yield begin
