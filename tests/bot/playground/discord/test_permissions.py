"""The bot's permissions in a channel, and archived threads, with the real discord.py client."""

from __future__ import annotations

import discord
import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Permission
from openab_auth.bot.playground.discord.guild import payloads
from tests.bot.playground.discord.small_bot import Interaction, SmallBot, connected
from tests.support.openapi import check_object
from tests.support.patience import PATIENCE


def thread_of(bot: SmallBot, world: EmbeddedDiscord) -> discord.PartialMessageable:
    return bot.get_partial_messageable(int(world.state.thread_id))


@pytest.mark.parametrize(("permission", "code"), [("send_messages_in_threads", 50013), ("view_channel", 50001)])
async def test_a_bot_without_a_permission_cannot_write_in_a_thread(
    permission: Permission, code: int, bot: SmallBot, world: EmbeddedDiscord
) -> None:
    await world.allow_bot(permission, may=False)
    with pytest.raises(discord.Forbidden) as refused:
        await thread_of(bot, world).send("hello")
    assert refused.value.code == code
    await world.allow_bot(permission, may=True)
    assert (await thread_of(bot, world).send("hello")).content == "hello"


async def test_a_bot_that_writes_in_no_thread_writes_in_the_channel(bot: SmallBot, world: EmbeddedDiscord) -> None:
    await world.allow_bot("send_messages_in_threads", may=False)
    await bot.get_partial_messageable(int(world.state.text_channel_id)).send("hello")
    await world.allow_bot("send_messages", may=False)
    with pytest.raises(discord.Forbidden, match="50013"):
        await bot.get_partial_messageable(int(world.state.text_channel_id)).send("hello")


async def test_interactions_and_channels_say_what_the_bot_may(bot: SmallBot, world: EmbeddedDiscord) -> None:
    seen: list[tuple[bool, bool]] = []

    async def look(interaction: Interaction) -> None:
        may = interaction.app_permissions
        seen.append((may.view_channel, may.send_messages_in_threads))
        await interaction.response.send_message("seen", ephemeral=True)

    bot.act = look
    ada = world.person("ada")
    await ada.slash("lab act", where="thread")
    await world.allow_bot("send_messages_in_threads", may=False)
    await ada.slash("lab act", where="thread")
    other = world.new_channel("other")
    await ada.slash("lab act", where=other)
    assert seen == [(True, True), (True, False), (True, True)]

    channel = bot.get_channel(int(world.state.text_channel_id))
    assert isinstance(channel, discord.TextChannel)
    may = channel.permissions_for(channel.guild.me)
    assert (may.view_channel, may.send_messages_in_threads) == (True, False)
    check_object("GuildChannelResponse", payloads.channel(world.state, world.state.text_channel_id))
    check_object("MyGuildResponse", payloads.guild_of_bot(world.state, world.state.guild_id))


async def test_a_bot_that_may_not_see_a_channel_gets_none_of_its_events(bot: SmallBot, world: EmbeddedDiscord) -> None:
    seen: list[str] = []

    async def on_thread_create(thread: discord.Thread) -> None:
        seen.append(thread.name)

    async def on_thread_join(thread: discord.Thread) -> None:
        seen.append(thread.name)

    bot.add_listener(on_thread_create)
    bot.add_listener(on_thread_join)
    await world.allow_bot("view_channel", may=False)
    await world.person("ada").start_thread("hidden", "hello")
    with pytest.raises(discord.Forbidden):
        await bot.fetch_channel(int(world.state.text_channel_id))
    async with connected(world) as other:
        guild = other.get_guild(world.guild_id)
        assert guild is not None
        assert not guild.threads
    assert not seen


async def test_a_bot_that_sees_a_channel_again_learns_its_threads(world: EmbeddedDiscord) -> None:
    await world.allow_bot("view_channel", may=False)
    async with connected(world) as bot:
        guild = bot.get_guild(world.guild_id)
        assert guild is not None
        await world.allow_bot("view_channel", may=True)
        assert await world.until(lambda: len(guild.threads) == 1, PATIENCE)


async def test_a_message_opens_an_archived_thread_again(bot: SmallBot, world: EmbeddedDiscord) -> None:
    seen: list[bool] = []

    async def on_raw_thread_update(payload: discord.RawThreadUpdateEvent) -> None:
        seen.append(payload.data["thread_metadata"]["archived"])

    bot.add_listener(on_raw_thread_update)
    thread = thread_of(bot, world)
    before = await thread.send("before")
    await world.archive_thread()
    check_object("ThreadResponse", payloads.channel(world.state, world.state.thread_id))
    with pytest.raises(discord.HTTPException) as refused:
        await before.edit(content="after")
    assert (refused.value.status, refused.value.code) == (400, 50083)

    await thread.send("after")

    assert await world.until(lambda: seen == [True, False], PATIENCE)
    await before.edit(content="edited")
    await world.archive_thread()
    await world.person("ada").say("hello", where="thread")
    assert await world.until(lambda: seen == [True, False] * 2, PATIENCE)


async def test_a_locked_thread_stays_archived(bot: SmallBot, world: EmbeddedDiscord) -> None:
    await world.archive_thread(locked=True)
    with pytest.raises(discord.Forbidden) as refused:
        await thread_of(bot, world).send("hello")
    assert refused.value.code == 50083
    found = await bot.fetch_channel(int(world.state.thread_id))
    assert isinstance(found, discord.Thread)
    assert (found.archived, found.locked) == (True, True)


async def test_a_bot_that_connects_learns_of_active_threads_only(world: EmbeddedDiscord) -> None:
    active = await world.person("ada").start_thread("active", "hello")
    await world.archive_thread()
    async with connected(world) as bot:
        guild = bot.get_guild(world.guild_id)
        assert guild is not None
        assert [thread.id for thread in guild.threads] == [int(active)]
