"""A small bot, connected to an embedded Discord whose clock a test can move."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord
import pytest

from openab_auth.bot.client import point_discord_at
from openab_auth.bot.playground.discord import EmbeddedDiscord
from tests.bot.playground.discord.small_bot import Hands, SmallBot, connected


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch, hands: Hands) -> AsyncIterator[EmbeddedDiscord]:
    """Run an embedded Discord, to which discord.py connects during the test."""
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    gateway = discord.gateway.DiscordWebSocket
    monkeypatch.setattr(gateway, "DEFAULT_GATEWAY", gateway.DEFAULT_GATEWAY)
    async with EmbeddedDiscord.listening(clock=hands) as world:
        await point_discord_at(world.api_base)
        yield world


@pytest.fixture
async def bot(world: EmbeddedDiscord) -> AsyncIterator[SmallBot]:
    async with connected(world) as bot:
        yield bot
