"""Who leaves a guild: only a bot with the server members intent hears of it, and only where the portal allows it."""

from __future__ import annotations

import asyncio

import discord
import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord
from tests.bot.playground.discord.small_bot import SmallBot, connected, quiet_intents
from tests.support.patience import PATIENCE

Event = discord.RawMemberRemoveEvent


def intents_with_members() -> discord.Intents:
    intents = quiet_intents()
    intents.members = True
    return intents


def heard_by(bot: SmallBot) -> asyncio.Queue[Event]:
    heard: asyncio.Queue[Event] = asyncio.Queue()

    async def hear(event: Event) -> None:
        heard.put_nowait(event)

    bot.add_listener(hear, "on_raw_member_remove")
    return heard


async def test_the_intent_is_refused_until_the_portal_has_it(world: EmbeddedDiscord) -> None:
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with connected(world, intents_with_members()):
            pass
    assert world.intents == [intents_with_members().value]


async def test_with_the_intent_a_leave_is_heard_with_its_guild(world: EmbeddedDiscord) -> None:
    world.switch_on_members_intent()
    bob, elsewhere = world.person("bob"), world.new_guild()
    await bob.join(elsewhere)
    async with connected(world, intents_with_members()) as bot:
        heard = heard_by(bot)
        await bob.leave()
        await bob.leave(elsewhere)
        events = [await asyncio.wait_for(heard.get(), PATIENCE) for _ in range(2)]
        application = await bot.application_info()

    assert [(event.user.id, event.guild_id) for event in events] == [(bob.id, world.guild_id), (bob.id, elsewhere)]
    assert application.flags.gateway_guild_members_limited


async def test_without_the_intent_nothing_is_heard(world: EmbeddedDiscord, bot: SmallBot) -> None:
    world.switch_on_members_intent()
    heard, ada = heard_by(bot), world.person("ada")

    await world.person("bob").leave()
    await ada.slash("lab act")  # a later event, which the bot gets

    assert heard.empty()


async def test_each_guild_knows_its_own_members(world: EmbeddedDiscord, bot: SmallBot) -> None:
    bob, elsewhere = world.person("bob"), world.new_guild()
    await bob.join(elsewhere)
    await bob.leave()

    there = await (await bot.fetch_guild(elsewhere)).fetch_member(bob.id)
    with pytest.raises(discord.NotFound) as missing:
        await (await bot.fetch_guild(world.guild_id)).fetch_member(bob.id)

    assert there.id == bob.id
    assert missing.value.code == 10007
    assert {guild.id async for guild in bot.fetch_guilds()} == {world.guild_id, elsewhere}
