"""A real bot process and real agents on an embedded Discord, with one thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openab_auth.bot.playground.bot_process import BotProcess
from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.storage import ThreadId
from tests.bot.requests.asking_agents import Thread


@pytest.fixture
def config(tmp_path: Path, discord: EmbeddedDiscord, issuer: Issuer, ada: Person) -> Path:
    file = tmp_path / "openab-auth.toml"
    file.touch(0o600)
    file.write_text(f"""
        [discord]
        bot_token = "{discord.bot_token}"
        api_base = "{discord.api_base}"
        allowed_users = ["{ada.id}"]
        [store]
        path = "{tmp_path / "auth.json"}"
        [auth]
        vendors = ["lab"]
        [vendors.lab]
        title = "The Lab"
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["openid", "email", "offline_access"]
        account_from = "email"
    """)
    return file


@pytest.fixture
async def bot(config: Path, discord: EmbeddedDiscord) -> AsyncIterator[BotProcess]:
    async with BotProcess.running(config, discord, {}) as bot:
        yield bot


@pytest.fixture
async def thread(
    config: Path, discord: EmbeddedDiscord, issuer: Issuer, bot: BotProcess, ada: Person
) -> AsyncIterator[Thread]:
    """Return the thread that ada started; its agents are killed at the end."""
    where = await ada.start_thread("mend", "please mend the build")
    thread = Thread(discord, issuer, config, where, ThreadId(int(where)))
    yield thread
    await thread.kill_agents()
