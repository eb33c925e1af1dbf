"""A real discord.py client with the cog, on the embedded Discord, and the people in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord
import pytest
from discord.ext import commands

from openab_auth.bot.client import point_discord_at
from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.storage import UserId
from tests.cogs.auth.on_discord.discord_bot import ROLE, running
from tests.support.openapi import DESCRIPTION, check_body


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EmbeddedDiscord]:
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    monkeypatch.setattr(
        discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    )
    async with EmbeddedDiscord.listening() as world:
        await point_discord_at(world.api_base)
        yield world
        if DESCRIPTION.is_file():
            for seen in world.requests:
                if seen.body is not None:
                    check_body(seen.method, seen.path.removeprefix("/api/v10"), seen.body)


@pytest.fixture
def ada(world: EmbeddedDiscord) -> Person:
    """An operator."""
    return world.person("ada")


@pytest.fixture
def bob(world: EmbeddedDiscord) -> Person:
    """A person with an allowed role."""
    return world.person("bob", roles=(ROLE,))


@pytest.fixture
def eve(world: EmbeddedDiscord) -> Person:
    """A person who is not allowed."""
    return world.person("eve")


@pytest.fixture
def mei(world: EmbeddedDiscord) -> Person:
    """A person with an allowed role, whose Discord is in Traditional Chinese."""
    return world.person("mei", roles=(ROLE,), locale="zh-TW")


@pytest.fixture
def settings(ada: Person) -> DiscordSettings:
    return DiscordSettings(allowed_users=frozenset({UserId(ada.id)}), allowed_roles=frozenset({ROLE}))


@pytest.fixture
async def bot(world: EmbeddedDiscord, service: AuthService) -> AsyncIterator[commands.Bot]:
    async with running(world, service) as bot:
        yield bot
