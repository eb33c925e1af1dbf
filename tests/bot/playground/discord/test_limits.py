"""The limits, deadlines and injected faults of the embedded Discord."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
import discord
import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal, ShownResponse
from tests.bot.playground.discord.small_bot import Hands, Interaction, PasteModal, SmallBot, connected


def button(**fields: Any) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(**fields))
    return view


def embed(title: str | None = None, description: str | None = None) -> discord.Embed:
    return discord.Embed(title=title, description=description)


def full_embed(count: int, length: int) -> discord.Embed:
    filled = discord.Embed()
    for number in range(count):
        filled.add_field(name=str(number), value="x" * length)
    return filled


REFUSED: list[tuple[str, Callable[[], dict[str, Any]]]] = [
    ("content", lambda: {"content": "x" * 2001}),
    ("embed description", lambda: {"embed": embed(description="x" * 4097)}),
    ("embed title", lambda: {"embed": embed(title="x" * 257)}),
    ("embed field", lambda: {"embed": full_embed(1, 1025)}),
    ("embed fields", lambda: {"embed": full_embed(26, 1)}),
    ("embeds in total", lambda: {"embed": full_embed(7, 1000)}),
    ("link", lambda: {"content": "x", "view": button(label="x", url="https://example.com/" + "x" * 493)}),
    ("label", lambda: {"content": "x", "view": button(label="x" * 81, custom_id="x")}),
    ("custom id", lambda: {"content": "x", "view": button(label="x", custom_id="x" * 101)}),
]

TAKEN: list[tuple[str, Callable[[], dict[str, Any]]]] = [
    ("content", lambda: {"content": "x" * 2000}),
    ("embed description", lambda: {"embed": embed(description="x" * 4096)}),
    ("embed field", lambda: {"embed": full_embed(5, 1024)}),
    ("link", lambda: {"content": "x", "view": button(label="x", url="https://example.com/" + "x" * 492)}),
    ("label and custom id", lambda: {"content": "x", "view": button(label="x" * 80, custom_id="x" * 100)}),
]


@pytest.mark.parametrize("message", [make for _, make in REFUSED], ids=[name for name, _ in REFUSED])
async def test_a_message_beyond_a_limit_is_refused_and_not_shown(
    world: EmbeddedDiscord, bot: SmallBot, message: Callable[[], dict[str, Any]]
) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send(**message(), ephemeral=True)

    bot.act = act
    answer = await world.person("ada").slash("lab act")
    error = await bot.error()
    assert (error.status, error.code) == (400, 50035)
    assert answer.content == ""


@pytest.mark.parametrize("message", [make for _, make in TAKEN], ids=[name for name, _ in TAKEN])
async def test_a_message_at_a_limit_is_accepted(
    world: EmbeddedDiscord, bot: SmallBot, message: Callable[[], dict[str, Any]]
) -> None:
    bot.act = lambda interaction: interaction.response.send_message(**message(), ephemeral=True)
    assert (await world.person("ada").slash("lab act")).ack_type == 4


async def test_an_empty_message_is_refused(world: EmbeddedDiscord, bot: SmallBot) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send("", ephemeral=True)

    bot.act = act
    await world.person("ada").slash("lab act")
    assert (await bot.error()).code == 50006


async def test_a_form_beyond_a_limit_is_refused(world: EmbeddedDiscord, bot: SmallBot) -> None:
    modal = discord.ui.Modal(title="x" * 46, custom_id="x", timeout=1)
    modal.add_item(discord.ui.Label(text="x", component=discord.ui.TextInput()))
    bot.act = lambda interaction: interaction.response.send_modal(modal)
    await world.person("ada").slash("lab act")
    assert (await bot.error()).code == 50035


async def test_more_than_25_choices_are_refused(world: EmbeddedDiscord, bot: SmallBot) -> None:
    ada = world.person("ada")
    assert len(await ada.complete_option("lab pick", "name", "25")) == 25
    assert await ada.complete_option("lab pick", "name", "26") == ()


async def test_a_form_cannot_answer_a_form(world: EmbeddedDiscord, bot: SmallBot) -> None:
    class Second(PasteModal):
        async def on_submit(self, interaction: Interaction) -> None:
            try:
                await interaction.response.send_modal(PasteModal("9"))
            except discord.HTTPException as error:
                bot.errors.put_nowait(error)

    bot.act = lambda interaction: interaction.response.send_modal(Second("3"))
    ada = world.person("ada")
    answer = await ada.slash("lab act")
    assert (await Modal(ada, answer.interaction).submit("x")).failed
    assert (await bot.error()).code == 50035


async def test_a_callback_after_three_seconds_is_refused_with_10062(
    world: EmbeddedDiscord, bot: SmallBot, hands: Hands
) -> None:
    async def act(interaction: Interaction) -> None:
        hands.now += 3.1
        await interaction.response.defer(ephemeral=True)

    bot.act = act
    answer = await world.person("ada").slash("lab act")
    error = await bot.error()
    assert (error.status, error.code) == (404, 10062)
    assert answer.failed


async def test_a_second_callback_is_refused(world: EmbeddedDiscord, bot: SmallBot) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        interaction.response._response_type = None  # like a second process with the same token
        await interaction.response.defer(ephemeral=True, thinking=True)

    bot.act = act
    await world.person("ada").slash("lab act")
    error = await bot.error()
    assert (error.status, error.code) == (400, 40060)


@pytest.mark.parametrize("late", ["edit", "followup"])
async def test_an_interaction_token_expires_after_fifteen_minutes(
    world: EmbeddedDiscord, bot: SmallBot, hands: Hands, late: str
) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.send_message("first", ephemeral=True)
        hands.now += 15 * 60 + 1
        if late == "edit":
            await interaction.edit_original_response(content="late")
        else:
            await interaction.followup.send("late", ephemeral=True)

    bot.act = act
    answer = await world.person("ada").slash("lab act")
    error = await bot.error()
    assert (error.status, error.code) == (401, 50027)
    assert answer.content == "first"


async def test_an_edit_keeps_the_visibility(world: EmbeddedDiscord, bot: SmallBot) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(content="mine")

    bot.act = act
    await (await world.person("ada").slash("lab act")).settled()
    assert world.person("bob").view() == []


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ({"name": "Upper", "description": "x"}, "upper case"),
        ({"name": "with space", "description": "x"}, "a space"),
        ({"name": "x" * 33, "description": "x"}, "a long name"),
        ({"name": "x", "description": ""}, "no description"),
        ({"name": "x", "description": "x" * 101}, "a long description"),
    ],
)
async def test_commands_beyond_a_limit_are_refused(
    world: EmbeddedDiscord, bot: SmallBot, command: dict[str, Any], reason: str
) -> None:
    assert bot.application_id is not None
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.bulk_upsert_global_commands(bot.application_id, payload=[command])
    assert refused.value.code == 50035, reason
    assert [each["name"] for each in world.commands()] == ["lab"]


@pytest.mark.parametrize("status", [429, 500])
async def test_the_client_retries_after_a_fault_before_the_callback(
    world: EmbeddedDiscord, bot: SmallBot, status: int
) -> None:
    world.faults.next("callback", status=status, retry_after=0.05)
    assert (await world.person("ada").slash("lab act")).content == "hello"


async def test_discord_py_treats_a_429_without_via_as_a_ban(world: EmbeddedDiscord, bot: SmallBot) -> None:
    world.faults.next("followup", status=429, via=False)

    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("more", ephemeral=True)

    bot.act = act
    await world.person("ada").slash("lab act")
    assert (await bot.error()).status == 429


async def test_a_retry_after_an_applied_callback_is_refused(world: EmbeddedDiscord, bot: SmallBot) -> None:
    world.faults.next("callback", status=500, when="after")
    answer = await world.person("ada").slash("lab act")
    assert (await bot.error()).code == 40060
    assert answer.content == "hello"  # the person sees it anyway


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_closed_connection_is_not_a_discord_error(world: EmbeddedDiscord, bot: SmallBot, when: str) -> None:
    world.faults.next("callback", cut=True, when=when)  # type: ignore[arg-type]  # two literals
    answer = await world.person("ada").slash("lab act")
    assert isinstance(answer, ShownResponse)
    assert answer.failed == (when == "before")
    raised = await bot.errors.get()
    assert isinstance(raised, aiohttp.ServerDisconnectedError)


async def test_a_privileged_intent_is_refused(world: EmbeddedDiscord) -> None:
    intents = discord.Intents(guilds=True, message_content=True)
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with connected(world, intents):
            pass


async def test_a_followup_before_the_callback_is_refused(world: EmbeddedDiscord, bot: SmallBot) -> None:
    bot.act = lambda interaction: interaction.followup.send("too early", ephemeral=True)
    await world.person("ada").slash("lab act")
    error = await bot.error()
    assert (error.status, error.code) == (404, 10015)


async def test_a_204_without_a_body_gives_the_client_a_type_error(world: EmbeddedDiscord, bot: SmallBot) -> None:
    world.faults.next("callback", status=204)
    answer = await world.person("ada").slash("lab act")
    assert answer.content == "hello"
    assert isinstance(await bot.errors.get(), TypeError)


async def test_a_command_keeps_its_id_when_registered_again(world: EmbeddedDiscord, bot: SmallBot) -> None:
    (before,) = world.commands()
    await bot.tree.sync()
    (after,) = world.commands()
    assert before["id"] == after["id"]


async def test_a_registration_without_the_entry_point_command_is_refused(world: EmbeddedDiscord, bot: SmallBot) -> None:
    """discord.py's own `tree.sync` does not know this command, so an app with Activities cannot use it."""
    world.state.enable_activities()
    with pytest.raises(discord.HTTPException) as refused:
        await bot.tree.sync()
    assert (refused.value.status, refused.value.code) == (400, 50240)
    assert "Entry Point command" in refused.value.text

    assert bot.application_id is not None
    kept = [each for each in world.state.commands() if each["type"] == 4]
    ours = [command.to_dict(bot.tree) for command in bot.tree.get_commands()]
    await bot.http.bulk_upsert_global_commands(bot.application_id, payload=[*ours, *kept])
    assert [each["id"] for each in world.state.commands() if each["type"] == 4] == [kept[0]["id"]]


async def test_used_up_creations_are_refused_in_discords_words(world: EmbeddedDiscord, bot: SmallBot) -> None:
    world.faults.use_up_creations()
    with pytest.raises(discord.HTTPException) as refused:
        await bot.tree.sync()
    assert (refused.value.status, refused.value.code) == (400, 30034)
    assert refused.value.text == "Max number of daily application command creates has been reached (200)"
