"""Messages in components v2: the embedded Discord accepts, refuses and keeps what Discord's reference says."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import discord
import pytest
from discord import ui

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal
from tests.bot.playground.discord.small_bot import Interaction, PasteButton, SmallBot
from tests.support.patience import PATIENCE


def layout(*items: ui.Item[Any]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    return view


def text(length: int) -> ui.LayoutView:
    return layout(ui.Container(ui.TextDisplay("x" * length)))


def nested() -> ui.LayoutView:
    view = layout(ui.Container(ui.TextDisplay("x")))
    view.to_components = lambda: [{"type": 17, "components": [{"type": 17, "components": []}]}]  # type: ignore[method-assign]
    return view


def card(*rows: ui.ActionRow[Any]) -> ui.LayoutView:
    return layout(ui.Container(ui.TextDisplay("**text**"), *rows, accent_colour=discord.Colour.red()))


def gallery(name: str) -> ui.LayoutView:
    pictures: ui.MediaGallery[Any] = ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{name}"))
    return layout(ui.Container(ui.TextDisplay("x"), pictures))


REFUSED: dict[str, Callable[[], ui.LayoutView]] = {
    "no component": layout,
    "text of 4001 characters": lambda: text(4001),
    "empty text": lambda: text(0),
    "container in a container": nested,
    "button outside a row": lambda: layout(ui.TextDisplay("x"), ui.Button(label="x", custom_id="x")),
    "empty row": lambda: card(ui.ActionRow()),
    "long custom id": lambda: card(ui.ActionRow(ui.Button(label="x", custom_id="x" * 101))),
    "one custom id twice": lambda: card(ui.ActionRow(*(ui.Button(label="x", custom_id="x") for _ in range(2)))),
    "picture that is not attached": lambda: gallery("missing.gif"),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
async def test_a_layout_against_the_rules_is_refused(
    world: EmbeddedDiscord, bot: SmallBot, make: Callable[[], ui.LayoutView]
) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(view=make())

    bot.act = act
    answer = await world.person("ada").slash("lab act")
    error = await bot.error()
    assert error.status == 400
    assert answer.loading


async def test_texts_with_too_many_bytes_get_500_as_at_discord(world: EmbeddedDiscord, bot: SmallBot) -> None:
    """https://github.com/discord/discord-api-docs/issues/8554; discord.py would repeat the request for 25 s."""
    bot.act = lambda interaction: interaction.response.send_message(view=layout(ui.TextDisplay("登" * 3390)))
    await world.person("ada").slash("lab act")
    await world.until(lambda: any(seen.status == 500 for seen in world.requests), PATIENCE)
    assert world.requests[-1].status == 500


async def test_a_layout_is_kept_edited_and_pressed_like_any_message(world: EmbeddedDiscord, bot: SmallBot) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(view=card(ui.ActionRow(PasteButton("3"))))

    bot.act = act
    ada = world.person("ada")
    shown = await (await ada.slash("lab act")).settled()
    assert shown.ephemeral
    assert shown.content == "**text**"
    assert [part["label"] for part in shown.components] == ["Paste"]
    opened = await ada.press(shown, "Paste")
    assert isinstance(opened, Modal)
    assert opened.interaction.message is shown.message


async def test_a_layout_never_becomes_a_text_message_again(world: EmbeddedDiscord, bot: SmallBot) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.send_message("a text", ephemeral=True)
        await interaction.edit_original_response(content=None, view=card())
        await interaction.edit_original_response(content="a text", view=None)

    bot.act = act
    shown = await world.person("ada").slash("lab act")
    assert (await bot.error()).code == 50035
    assert shown.content == "**text**"


async def test_a_text_message_becomes_a_layout_only_without_its_text(world: EmbeddedDiscord, bot: SmallBot) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.send_message("a text", ephemeral=True)
        await interaction.edit_original_response(view=card())

    bot.act = act
    shown = await world.person("ada").slash("lab act")
    assert (await bot.error()).code == 50035
    assert shown.content == "a text"


async def test_pictures_of_a_layout_are_shown_from_its_attachments(world: EmbeddedDiscord, bot: SmallBot) -> None:
    file = discord.File(BytesIO(b"GIF89a"), filename="drawing.gif")
    bot.act = lambda interaction: interaction.response.send_message(view=gallery("drawing.gif"), file=file)
    shown = await world.person("ada").slash("lab act")
    assert shown.ack_type == 4
    assert [each["filename"] for each in shown.attachments] == ["drawing.gif"]
