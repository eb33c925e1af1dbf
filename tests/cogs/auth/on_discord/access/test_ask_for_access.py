"""A person who may not use /auth asks for access with a button: one message to the operators' channel a day."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.storage import UserId
from tests.cogs.auth.on_discord.access.asking import ASK, asked, told_operators
from tests.cogs.auth.on_discord.accounts.account_logins import replay
from tests.cogs.auth.on_discord.discord_bot import begin
from tests.cogs.auth.service.service_logins import Log


@pytest.fixture
def settings(world: EmbeddedDiscord, ada: Person) -> DiscordSettings:
    """The operators' channel is the guild's thread."""
    channel = int(world.state.thread_id)
    return DiscordSettings(allowed_users=frozenset({UserId(ada.id)}), operators_channel=channel)


@pytest.mark.parametrize("where", ["guild", "dm"])
async def test_one_press_tells_the_operators_who_asks_and_where(
    world: EmbeddedDiscord, bot: commands.Bot, eve: Person, audited: Log, where: str
) -> None:
    answer = await asked(eve, await begin(eve, where=where))

    assert "The operators have your request" in answer.content
    (told,) = told_operators(world)
    assert told.startswith(f"🙋 <@{eve.id}> asks to log agents in")
    assert f"`{eve.id}`" in told
    assert (f"`{world.state.guild_id}`" in told) is (where == "guild")
    assert (audited()[-1]["event"], audited()[-1]["user"], audited()[-1]["outcome"]) == (
        "ask_access",
        str(eve.id),
        "ok",
    )


async def test_a_second_press_within_a_day_sends_nothing(
    world: EmbeddedDiscord, bot: commands.Bot, eve: Person, bob: Person, clock: SimpleNamespace
) -> None:
    refused = await begin(eve)
    await asked(eve, refused)
    clock.ahead = 23 * 3600.0
    again = await asked(eve, await begin(eve))
    assert "You have asked already" in again.content
    assert len(told_operators(world)) == 1

    await asked(bob, await begin(bob))
    clock.ahead = 24 * 3600.0 + 1
    await asked(eve, refused)
    assert len(told_operators(world)) == 3


async def test_a_channel_that_takes_no_message_is_said_and_not_counted(
    world: EmbeddedDiscord, bot: commands.Bot, eve: Person
) -> None:
    refused = await begin(eve)
    world.faults.next("message", status=403, code=50013)

    failed = await asked(eve, refused)
    worked = await asked(eve, refused)

    assert "I could not reach the operators" in failed.content
    assert "The operators have your request" in worked.content


async def test_help_and_direct_messages_have_the_button_too(
    world: EmbeddedDiscord, bot: commands.Bot, eve: Person
) -> None:
    helped = await (await eve.slash("auth help")).settled()
    (chat,) = await eve.send_dm("hello")
    assert [each["label"] for each in helped.components] == [ASK]

    answer = await eve.press(chat, ASK)

    assert isinstance(answer, ShownResponse)
    await answer.wait_for(lambda shown: "The operators have your request" in shown.content)


async def test_a_person_who_has_access_by_now_is_told_so(
    world: EmbeddedDiscord, bot: commands.Bot, ada: Person
) -> None:
    """The button of an earlier answer still works."""
    answer = await replay(world, bot, ada, "auth:ask:access")

    assert isinstance(answer, ShownResponse)
    await answer.wait_for(lambda shown: "You can log agents in" in shown.content)
    assert not told_operators(world)


class TestWithoutAChannel:
    @pytest.fixture
    def settings(self, ada: Person) -> DiscordSettings:
        return DiscordSettings(allowed_users=frozenset({UserId(ada.id)}))

    async def test_there_is_no_button(self, bot: commands.Bot, eve: Person) -> None:
        assert not (await begin(eve)).components
