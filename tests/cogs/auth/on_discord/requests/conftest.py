"""A thread that Bob has started, the bot that sees it, and an agent that works in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.config import Config
from openab_auth.oauth.requests import LoginRequests
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import FileStore, ThreadId
from tests.cogs.auth.on_discord.discord_bot import running


@pytest.fixture
def thread(world: EmbeddedDiscord, bob: Person) -> ThreadId:
    world.state.threads[world.state.thread_id].owner = bob.user
    return ThreadId(int(world.state.thread_id))


@pytest.fixture
async def bot(world: EmbeddedDiscord, service: AuthService, thread: ThreadId) -> AsyncIterator[commands.Bot]:
    async with running(world, service) as bot:
        yield bot


@pytest.fixture
async def runtime(config: Config, store_path: Path) -> AsyncIterator[Runtime]:
    """Return the runtime of the agent's process."""
    async with Runtime(FileStore(store_path), Catalogue.from_config(config, {}), environ={}) as runtime:
        yield runtime


@pytest.fixture
async def agent(runtime: Runtime, thread: ThreadId) -> AsyncIterator[TokenSource]:
    async with TokenSource(runtime, thread=thread) as source:
        yield source


@pytest.fixture
def asking(runtime: Runtime, thread: ThreadId) -> LoginRequests:
    return LoginRequests(runtime, thread)
