"""The embedded Discord with the real discord.py client: commands, forms, buttons, direct messages."""

from __future__ import annotations

import asyncio
import io

import aiohttp
import discord
import pytest

from openab_auth.bot.playground.discord import ActionRefusedError, EmbeddedDiscord, Modal, ShownResponse
from tests.bot.playground.discord.small_bot import Interaction, PasteButton, PasteModal, SmallBot, connected
from tests.support.openapi import check_body
from tests.support.patience import PATIENCE


def with_button(flow: str = "1") -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(PasteButton(flow))
    return view


async def test_an_ephemeral_answer_is_visible_to_its_person_only(world: EmbeddedDiscord, bot: SmallBot) -> None:
    ada, bob = world.person("ada"), world.person("bob")
    answer = await ada.slash("lab act")
    assert (answer.content, answer.ephemeral, answer.ack_type, answer.edits) == ("hello", True, 4, 0)
    assert answer.ack_ms is not None
    (shown,) = ada.view()
    assert (shown["content"], shown["ephemeral"], shown["command"]) == ("hello", True, "lab act")
    assert shown.keys() >= {"id", "author", "content", "embeds", "components", "ephemeral", "edited", "command"}
    assert bob.view() == []


@pytest.mark.parametrize("where", ["guild", "dm"])
async def test_the_interaction_says_who_and_where(world: EmbeddedDiscord, bot: SmallBot, where: str) -> None:
    ada = world.person("ada", roles=(77,))
    seen: list[Interaction] = []

    async def keep(interaction: Interaction) -> None:
        seen.append(interaction)
        await interaction.response.send_message("seen", ephemeral=True)

    bot.act = keep
    await ada.slash("lab act", where=where)  # type: ignore[arg-type]  # two literals
    (it,) = seen
    assert it.user.id == ada.id
    assert isinstance(it.user, discord.Member) == (where == "guild")
    assert (it.guild_id is None) == (where == "dm")
    if isinstance(it.user, discord.Member):
        assert list(it.user._roles) == [77]


async def test_a_deferred_answer_is_filled_edited_and_followed(world: EmbeddedDiscord, bot: SmallBot) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(content="first")
        await interaction.edit_original_response(content="second")
        await interaction.followup.send("more", ephemeral=True)

    bot.act = act
    answer = await world.person("ada").slash("lab act")
    await answer.wait_for(lambda shown: "more" in shown.content)
    assert answer.content.splitlines() == ["second", "more"]
    assert answer.ack_type == 5
    assert answer.ephemeral


@pytest.mark.parametrize("private", [True, False])
async def test_the_first_followup_fills_the_deferred_message(
    world: EmbeddedDiscord, bot: SmallBot, private: bool
) -> None:
    """Discord: the first followup after a type-5 defer inherits the visibility of the defer."""
    ada, bob = world.person("ada"), world.person("bob")

    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=private, thinking=True)
        await interaction.followup.send("filled", ephemeral=not private)

    bot.act = act
    answer = await (await ada.slash("lab act")).settled()
    assert (answer.content, answer.ephemeral) == ("filled", private)
    assert len(ada.view()) == 1
    assert len(bob.view()) == (0 if private else 1)


async def test_a_button_opens_a_form_whose_value_arrives(world: EmbeddedDiscord, bot: SmallBot) -> None:
    bot.act = lambda interaction: interaction.response.send_message("press", view=with_button(), ephemeral=True)
    ada = world.person("ada")
    answer = await ada.slash("lab act")
    modal = await ada.press(answer, "Paste")
    assert isinstance(modal, Modal)
    assert modal.title == "Paste"
    assert modal.fields[0]["label"] == "Address"
    assert (await modal.submit(redirect="http://x")).content == "got http://x"


async def test_a_form_refuses_values_of_the_wrong_length(world: EmbeddedDiscord, bot: SmallBot) -> None:
    bot.act = lambda interaction: interaction.response.send_message("press", view=with_button(), ephemeral=True)
    ada = world.person("ada")
    modal = await ada.press(await ada.slash("lab act"), "Paste")
    assert isinstance(modal, Modal)
    for value in ("", "x" * 21):
        with pytest.raises(ActionRefusedError):
            await modal.submit(redirect=value)


async def test_somebody_elses_ephemeral_button_cannot_be_pressed(world: EmbeddedDiscord, bot: SmallBot) -> None:
    bot.act = lambda interaction: interaction.response.send_message("press", view=with_button(), ephemeral=True)
    answer = await world.person("ada").slash("lab act")
    with pytest.raises(ActionRefusedError):
        await world.person("bob").press(answer, "Paste")


async def test_links_disabled_and_missing_buttons_cannot_be_pressed(world: EmbeddedDiscord, bot: SmallBot) -> None:
    view = discord.ui.View()
    view.add_item(discord.ui.Button(label="Open", url="https://example.com/"))
    view.add_item(discord.ui.Button(label="Off", custom_id="off", disabled=True))
    bot.act = lambda interaction: interaction.response.send_message("press", view=view, ephemeral=True)
    ada = world.person("ada")
    answer = await ada.slash("lab act")
    assert answer.link_buttons == ["https://example.com/"]
    for label in ("Open", "Off", "Elsewhere"):
        with pytest.raises(ActionRefusedError):
            await ada.press(answer, label)


async def test_a_button_edits_its_own_message(world: EmbeddedDiscord, bot: SmallBot) -> None:
    view = discord.ui.View()
    button: discord.ui.Button[discord.ui.View] = discord.ui.Button(label="Change", custom_id="change")
    button.callback = lambda interaction: interaction.response.edit_message(content="changed", view=None)  # type: ignore[method-assign]  # shorter than a class
    view.add_item(button)
    bot.act = lambda interaction: interaction.response.send_message("before", view=view, ephemeral=True)
    ada = world.person("ada")
    answer = await ada.slash("lab act")
    await ada.press(answer, "Change")
    assert (answer.content, answer.components, answer.edits) == ("changed", [], 1)


async def test_an_option_offers_autocomplete(world: EmbeddedDiscord, bot: SmallBot) -> None:
    ada = world.person("ada")
    choices = await ada.complete_option("lab pick", "name", "la")
    assert [(choice.name, choice.value) for choice in choices] == [("la 0", "0"), ("la 1", "1")]
    assert (await ada.slash("lab pick", name="1")).content == "picked 1"


async def test_only_declared_commands_and_options_can_be_typed(world: EmbeddedDiscord, bot: SmallBot) -> None:
    ada = world.person("ada")
    for command, options in (("lab", {}), ("lab nothing", {}), ("lab act", {"other": "x"}), ("lab pick", {})):
        with pytest.raises(ActionRefusedError):
            await ada.slash(command, **options)  # type: ignore[arg-type]  # all options are strings


async def test_a_direct_message_arrives_with_its_content_and_is_answered(world: EmbeddedDiscord, bot: SmallBot) -> None:
    (reply,) = await world.person("ada").send_dm("a paste")
    assert reply.body["content"] == "you said a paste"
    assert bot.heard == ["a paste"]


async def test_without_the_intent_no_direct_message_arrives(world: EmbeddedDiscord) -> None:
    ada = world.person("ada")
    async with connected(world, discord.Intents(guilds=True)) as bot:
        sending = asyncio.create_task(ada.send_dm("a paste"))
        assert (await ada.slash("lab act")).content == "hello"  # this event came later on the same connection
        sending.cancel()
        assert bot.heard == []


async def test_a_wrong_token_is_refused(world: EmbeddedDiscord) -> None:
    async with discord.Client(intents=discord.Intents.none()) as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")


async def test_an_unknown_route_is_refused_in_discords_shape(world: EmbeddedDiscord) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{world.api_base}/nowhere") as reply:
        assert reply.status == 404
        assert reply.headers["Content-Type"] == "application/json"
        assert await reply.json() == {"message": "404: Not Found", "code": 0}


async def test_a_resumed_connection_receives_the_missed_events(world: EmbeddedDiscord, bot: SmallBot) -> None:
    ada = world.person("ada")
    await world.gateway.drop()
    answer = await ada.slash("lab act")
    await asyncio.wait_for(bot.resumed.wait(), PATIENCE)
    await answer.wait_for(lambda shown: shown.content == "hello")
    assert world.gateway.resumes == 1


async def test_a_page_can_wait_for_the_next_change(world: EmbeddedDiscord, bot: SmallBot) -> None:
    ada = world.person("ada")
    waiting = asyncio.create_task(ada.next_change(5))
    await asyncio.sleep(0)
    await ada.slash("lab act")
    assert await waiting
    assert not await ada.next_change(0.01)


async def test_simultaneous_users_get_their_own_answers(world: EmbeddedDiscord, bot: SmallBot) -> None:
    bot.act = lambda interaction: interaction.response.send_message(str(interaction.user.id), ephemeral=True)
    people = [world.person(f"person-{number}") for number in range(20)]
    answers = await asyncio.gather(*(person.slash("lab act") for person in people))
    assert [answer.content for answer in answers] == [str(person.id) for person in people]


async def test_the_clients_requests_match_discords_openapi_description(world: EmbeddedDiscord, bot: SmallBot) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(content="press", view=with_button())
        await interaction.followup.send(embed=discord.Embed(title="more"), ephemeral=True)

    bot.act = act
    ada = world.person("ada")
    answer = await ada.slash("lab act")
    await answer.wait_for(lambda shown: shown.embeds or len(shown.messages) == 2)
    modal = await ada.press(answer, "Paste")
    assert isinstance(modal, Modal)
    await modal.submit("http://x")
    await ada.complete_option("lab pick", "name", "la")
    await ada.send_dm("hello")
    bodies = [seen for seen in world.requests if seen.body is not None]
    assert {seen.method for seen in bodies} >= {"PUT", "POST", "PATCH"}
    for seen in bodies:
        check_body(seen.method, seen.path.removeprefix("/api/v10"), seen.body)


async def test_commands_are_listed_without_their_translations(world: EmbeddedDiscord, bot: SmallBot) -> None:
    """Discord lists translations only with `with_localizations`, which discord.py does not send."""
    command = {"name": "x", "description": "x", "name_localizations": {"de": "y"}}
    assert bot.application_id is not None
    (sent,) = await bot.http.bulk_upsert_global_commands(bot.application_id, payload=[command])
    assert {**sent}["name_localizations"] == {"de": "y"}
    (listed,) = await bot.http.get_global_commands(bot.application_id)
    assert "name_localizations" not in listed


async def test_the_small_bot_needs_no_privileged_intent(world: EmbeddedDiscord, bot: SmallBot) -> None:
    assert world.intents == [discord.Intents(guilds=True, dm_messages=True).value]


async def test_an_unanswered_command_is_shown_as_failed(world: EmbeddedDiscord, bot: SmallBot) -> None:
    async def silent(_interaction: Interaction) -> None:
        return

    bot.act = silent
    answer = await world.person("ada").slash("lab act")
    assert isinstance(answer, ShownResponse)
    assert answer.failed


async def test_a_command_can_open_a_form(world: EmbeddedDiscord, bot: SmallBot) -> None:
    bot.act = lambda interaction: interaction.response.send_modal(PasteModal("2"))
    answer = await world.person("ada").slash("lab act")
    assert answer.ack_type == 9
    assert answer.interaction.modal is not None


async def test_files_are_stored_served_and_removed_by_an_edit(world: EmbeddedDiscord, bot: SmallBot) -> None:
    async def act(interaction: Interaction) -> None:
        files = [discord.File(io.BytesIO(b"GIF89a"), f"{name}.gif", description=f"what {name} shows") for name in "ab"]
        await interaction.response.send_message("look", files=files)
        shown = await interaction.original_response()
        assert [each.description for each in shown.attachments] == ["what a shows", "what b shows"]
        assert await shown.attachments[1].read() == b"GIF89a"
        await interaction.edit_original_response(attachments=shown.attachments[1:])

    bot.act = act
    answer = await world.person("ada").slash("lab act")
    await answer.wait_for(lambda shown: [each["filename"] for each in shown.attachments] == ["b.gif"])
    assert answer.attachments[0]["content_type"] == "image/gif"
    assert world.person("ada").view()[-1]["attachments"] == answer.attachments


async def test_a_description_that_is_too_long_is_refused(world: EmbeddedDiscord, bot: SmallBot) -> None:
    refused: list[int] = []

    async def act(interaction: Interaction) -> None:
        file = discord.File(io.BytesIO(b"x"), "x.gif", description="x" * 1025)
        try:
            await interaction.response.send_message(file=file)
        except discord.HTTPException as error:
            refused.append(error.code)
        await interaction.response.send_message("no")

    bot.act = act
    await (await world.person("ada").slash("lab act")).settled()
    assert refused == [50035]
