"""A service on a store of its own, with an authorization server on 127.0.0.1."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.access import Caller
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService, open_service
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.runtime import Runtime
from openab_auth.storage import UserId

ADA, BOB, EVE = UserId(1), UserId(2), UserId(3)


@pytest.fixture
def clock() -> SimpleNamespace:
    """Return the real time, plus `ahead` seconds."""
    return SimpleNamespace(ahead=0.0)


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer.listening() as issuer:
        yield issuer


def vendor_table(issuer: Issuer) -> dict[str, object]:
    return {
        "title": "The Lab",
        "authorize_url": issuer.authorize_url,
        "token_url": issuer.token_url,
        "revoke_url": issuer.revoke_url,
        "client_id": "openab-playground",
        "redirect_uri": "http://localhost:1455/auth/callback",
        "scopes": ["openid", "email", "offline_access"],
        "account_from": "email",
    }


@pytest.fixture
def config(issuer: Issuer) -> Config:
    return Config(
        auth=AuthSettings(vendors=("lab", "second")),
        vendors={"lab": vendor_table(issuer), "second": {**vendor_table(issuer), "tenant": "second-oauth"}},
    )


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "auth.json"


@pytest.fixture
def audited(store_path: Path) -> Callable[[], list[dict[str, str]]]:
    """Read the audit log."""
    path = store_path.with_name("auth.json.audit.jsonl")
    return lambda: [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def settings() -> DiscordSettings:
    return DiscordSettings(allowed_users=frozenset({ADA}), allowed_roles=frozenset({7}))


@pytest.fixture
def stored(store_path: Path) -> Callable[[], dict[str, dict[str, str]]]:
    """Read the credential file; return nothing if there is no file."""
    return lambda: json.loads(store_path.read_text()) if store_path.exists() else {}


@pytest.fixture
async def start(
    config: Config, store_path: Path, clock: SimpleNamespace
) -> AsyncIterator[Callable[[DiscordSettings], AuthService]]:
    """Start the service again on the same store, as a restart of the bot does."""
    async with AsyncExitStack() as stack:

        def begin(settings: DiscordSettings) -> AuthService:
            service = open_service(
                Runtime.open(config, str(store_path), {}, lambda: time.time() + clock.ahead),
                settings,
                closes_runtime=True,
            )
            stack.push_async_callback(service.aclose)
            return service

        yield begin


@pytest.fixture
def service(start: Callable[[DiscordSettings], AuthService], settings: DiscordSettings) -> AuthService:
    return start(settings)


@pytest.fixture
def ada() -> Caller:
    """An operator."""
    return Caller(ADA)


@pytest.fixture
def bob() -> Caller:
    """A person with an allowed role."""
    return Caller(BOB, frozenset({7}))


@pytest.fixture
def eve() -> Caller:
    """A person who is not allowed."""
    return Caller(EVE)
