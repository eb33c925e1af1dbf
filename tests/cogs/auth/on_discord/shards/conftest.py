"""A Discord on which the bot needs two shards: the guild is on the second one, direct messages on the first."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord
import pytest

from openab_auth.bot.client import point_discord_at
from openab_auth.bot.playground.discord import EmbeddedDiscord


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EmbeddedDiscord]:
    gateway = discord.gateway.DiscordWebSocket
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    monkeypatch.setattr(gateway, "DEFAULT_GATEWAY", gateway.DEFAULT_GATEWAY)
    async with EmbeddedDiscord.listening(shards=2) as world:
        await point_discord_at(world.api_base)
        yield world
