"""A bot in its own process, on the embedded Discord, with an authorization server in real time."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from tests.support.patience import PATIENCE

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]


@pytest.fixture
async def discord() -> AsyncIterator[EmbeddedDiscord]:
    async with EmbeddedDiscord.listening() as discord:
        yield discord


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer.listening() as issuer:
        yield issuer


@pytest.fixture
def port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as http:
        yield http


@pytest.fixture
def ada(discord: EmbeddedDiscord) -> Person:
    return discord.person("ada")


@pytest.fixture
def start(discord: EmbeddedDiscord, issuer: Issuer, ada: Person, home: Path) -> Start:
    """Start the bot with an operator's config, and wait until it is connected."""
    (home / ".config/openab-auth/config.toml").write_text(f"""
        [discord]
        bot_token = "${{DISCORD_TOKEN}}"
        api_base = "{discord.api_base}"
        allowed_users = ["{ada.id}"]
        [auth]
        vendors = ["lab"]
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["openid", "email", "offline_access"]
        account_from = "email"
    """)

    @asynccontextmanager
    async def begin(
        *words: str, token: str | None = None, env: Mapping[str, str] | None = None
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        ours = {"PATH": os.environ["PATH"], "HOME": str(home), "DISCORD_TOKEN": token or discord.bot_token}
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("openab-auth"), *(words or ("run",)), cwd=home,
            env={**ours, **(env or {})},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            if words or token:
                yield process
                return
            assert process.stderr is not None
            async with asyncio.timeout(PATIENCE):
                while b"logged in to Discord" not in (line := await process.stderr.readline()):
                    assert line, "the bot ended before it was connected"
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    return begin
