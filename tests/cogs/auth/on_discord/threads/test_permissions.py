"""`/auth status` in a thread says which permissions the bot lacks there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Permission, Person, Where
from openab_auth.cogs.auth.guard.settings import DiscordSettings

CANNOT = "I cannot write in this thread when its agents need a login."
VIEW, SEND = "*View Channels*", "*Send Messages in Threads*"


async def status(person: Person, where: Where = "thread") -> str:
    return (await (await person.slash("auth status", where=where)).settled()).content


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        (["view_channel"], f"Give me {VIEW}."),
        (["send_messages_in_threads"], f"Give me {SEND}."),
        (["view_channel", "send_messages_in_threads"], f"Give me {VIEW} and {SEND}."),
    ],
)
async def test_a_missing_permission_is_named(
    denied: list[Permission], named: str, world: EmbeddedDiscord, bot: commands.Bot, bob: Person
) -> None:
    for permission in denied:
        await world.allow_bot(permission, may=False)

    (line,) = [line for line in (await status(bob)).splitlines() if CANNOT in line]

    assert line.endswith(named)


async def test_the_line_is_in_the_persons_language(world: EmbeddedDiscord, bot: commands.Bot, mei: Person) -> None:
    await world.allow_bot("send_messages_in_threads", may=False)

    assert "請給我「在討論串中傳送訊息」的權限。" in await status(mei)


async def test_nothing_is_said_where_the_bot_can_write(world: EmbeddedDiscord, bot: commands.Bot, bob: Person) -> None:
    assert CANNOT not in await status(bob)
    await world.allow_bot("send_messages_in_threads", may=False)
    assert CANNOT not in await status(bob, "guild")
    assert CANNOT not in await status(bob, "dm")


async def test_nothing_is_said_where_the_bot_is_no_member(
    world: EmbeddedDiscord, bot: commands.Bot, ada: Person
) -> None:
    world.state.is_installed = False
    await world.allow_bot("send_messages_in_threads", may=False)
    assert CANNOT not in await status(ada)


class TestOff:
    @pytest.fixture
    def settings(self, settings: DiscordSettings) -> DiscordSettings:
        return replace(settings, requests="off")

    async def test_nothing_is_said_if_the_bot_writes_no_requests(
        self, world: EmbeddedDiscord, bot: commands.Bot, bob: Person
    ) -> None:
        await world.allow_bot("send_messages_in_threads", may=False)
        assert CANNOT not in await status(bob)
