"""Select menus, channels and threads of the embedded Discord, with the real discord.py client."""

from __future__ import annotations

import discord
import pytest

from openab_auth.bot.playground.discord import ActionRefusedError, EmbeddedDiscord, ShownResponse
from openab_auth.bot.playground.discord.guild import payloads
from tests.bot.playground.discord.small_bot import Interaction, SmallBot, connected
from tests.support.openapi import check_object
from tests.support.patience import PATIENCE


async def test_a_menu_sends_only_offered_values(bot: SmallBot, world: EmbeddedDiscord) -> None:
    menu = discord.ui.Select[discord.ui.View](custom_id="menu", options=[discord.SelectOption(label="A", value="a")])

    async def chosen(interaction: Interaction) -> None:
        await interaction.response.send_message(f"chose {menu.values}", ephemeral=True)

    async def show(interaction: Interaction) -> None:
        await interaction.response.send_message("choose", view=discord.ui.View().add_item(menu), ephemeral=True)

    menu.callback = chosen  # type: ignore[method-assign]
    bot.act = show
    ada = world.person("ada")
    shown = await ada.slash("lab act", where="thread")
    with pytest.raises(ActionRefusedError):
        await ada.choose(shown, "menu", "b")
    with pytest.raises(ActionRefusedError):
        await world.person("bob").choose(shown, "menu", "a")
    answer = await ada.choose(shown, "menu", "a")
    assert isinstance(answer, ShownResponse)
    assert answer.content == "chose ['a']"


async def test_a_thread_has_its_own_messages(bot: SmallBot, world: EmbeddedDiscord) -> None:
    seen: list[object] = []

    async def look(interaction: Interaction) -> None:
        seen.append((type(interaction.channel), interaction.guild_id))
        await interaction.response.send_message("seen", ephemeral=True)

    bot.act = look
    ada = world.person("ada")
    await ada.slash("lab act", where="thread")
    assert seen == [(discord.Thread, world.guild_id)]
    assert [message["content"] for message in ada.view("thread")] == ["seen"]
    assert ada.view("guild") == []


async def test_a_thread_belongs_to_the_person_whose_message_it_began_with(
    bot: SmallBot, world: EmbeddedDiscord
) -> None:
    seen: list[discord.Thread] = []

    async def on_thread_create(thread: discord.Thread) -> None:
        seen.append(thread)

    bot.add_listener(on_thread_create)
    ada = world.person("ada")
    where = await ada.start_thread("mend", "please mend it")
    assert await world.until(lambda: bool(seen), PATIENCE)
    assert (seen[0].name, seen[0].owner_id, seen[0].parent_id) == ("mend", ada.id, int(world.state.text_channel_id))
    started = await bot.get_partial_messageable(int(world.state.text_channel_id)).fetch_message(seen[0].id)
    assert (started.author.id, started.content, started.flags.has_thread) == (ada.id, "please mend it", True)
    await ada.say("and test it", where=where)
    assert [message["content"] for message in world.person("bob").view(where)] == ["and test it"]
    again = await bot.fetch_channel(seen[0].id)
    assert isinstance(again, discord.Thread)
    assert again.message_count == 1


async def test_threads_and_channels_are_there_when_a_bot_connects(world: EmbeddedDiscord) -> None:
    other = world.new_channel("other")
    thread = await world.person("ada").start_thread("before", "hello", where=other)
    async with connected(world) as bot:
        guild = bot.get_guild(world.guild_id)
        assert guild is not None
        assert [channel.name for channel in guild.text_channels] == ["general", "other"]
        found = guild.get_thread(int(thread))
        assert found is not None
        assert found.parent is guild.get_channel(int(other))
        assert found.owner_id == world.person("ada").id


async def test_a_deleted_thread_is_gone_for_everybody(bot: SmallBot, world: EmbeddedDiscord) -> None:
    seen: list[int] = []

    async def on_raw_thread_delete(payload: discord.RawThreadDeleteEvent) -> None:
        seen.append(payload.thread_id)

    bot.add_listener(on_raw_thread_delete)
    gone = int(world.state.thread_id)
    await world.delete_thread()
    assert await world.until(lambda: seen == [gone], PATIENCE)
    with pytest.raises(discord.NotFound):
        await bot.fetch_channel(gone)


async def test_channels_and_threads_match_discords_openapi_description(world: EmbeddedDiscord) -> None:
    thread = await world.person("ada").start_thread("mend", "please mend it")
    check_object("GuildChannelResponse", payloads.channel(world.state, world.state.text_channel_id))
    check_object("ThreadResponse", payloads.channel(world.state, thread))
