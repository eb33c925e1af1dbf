"""A bot that looks for notices often, and an agent that notices the end of a login."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.notices import login_notices
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import LoginDeadError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import FileStore
from tests.cogs.auth.on_discord.notices.notices_seen import End


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_notices, "_INTERVAL", 0.05)


@pytest.fixture
def end(issuer: Issuer, store_path: Path, config: Config) -> End:
    """Let the vendor end the login, and let an agent notice it."""

    async def end() -> None:
        for family in issuer.families:
            family.revoked = True
        async with TokenSource(FileStore(store_path), catalogue=Catalogue.from_config(config, {})) as source:
            with pytest.raises(LoginDeadError):
                await source.force_refresh("lab")

    return end
