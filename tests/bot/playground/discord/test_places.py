"""Select menus and threads of the embedded Discord, with the real discord.py client."""

from __future__ import annotations

import discord
import pytest

from openab_auth.bot.playground.discord import ActionRefusedError, EmbeddedDiscord, ShownResponse
from tests.bot.playground.discord.small_bot import Interaction, SmallBot


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
