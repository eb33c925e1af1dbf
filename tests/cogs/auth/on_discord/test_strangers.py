"""People who may not use /auth are told so wherever they ask, and a list without names says why it has none."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import open_service
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.runtime import Runtime
from tests.cogs.auth.on_discord.discord_bot import begin, running
from tests.cogs.auth.service.service_logins import Start


@pytest.mark.parametrize("text", ["hello", "/auth login", ""])
async def test_any_direct_message_of_a_stranger_is_answered(text: str, bot: commands.Bot, eve: Person) -> None:
    (answer,) = await eve.send_dm(text)

    assert "You can't log agents in yet" in answer.content
    assert f"add your id {eve.id}" in answer.content


async def test_a_stranger_who_goes_on_is_answered_once_an_hour(
    bot: commands.Bot, eve: Person, ada: Person, clock: SimpleNamespace
) -> None:
    assert len(await eve.send_dm("hello")) == 1
    for _ in range(20):
        await eve.say("hello?", where="dm")
    assert len(await ada.send_dm("hello")) == 1  # heard after all of them
    assert len([each for each in eve.view("dm") if each["bot"]]) == 1

    clock.ahead = 3601.0
    assert len(await eve.send_dm("still there?")) == 1


async def test_where_direct_messages_are_off_chat_is_the_host_bots_business(
    world: EmbeddedDiscord, start: Start, eve: Person, ada: Person
) -> None:
    async with running(world, start(DiscordSettings(allow_dm=False))):
        await eve.say("hello", where="dm")
        (refused,) = await ada.send_dm("code=abc&state=def")  # heard after it

    assert "switched off in direct messages" in refused.content
    assert not [each for each in eve.view("dm") if each["bot"]]


@pytest.mark.parametrize(
    ("command", "option"),
    [("login", "vendor"), ("complete", "vendor"), ("cancel", "vendor"), ("logout", "vendor")],
)
async def test_a_strangers_list_says_that_they_may_not_and_names_nothing(
    command: str, option: str, bot: commands.Bot, eve: Person
) -> None:
    others: dict[str, Any] = {"redirect": "x"} if command == "complete" else {}
    (choice,) = await eve.complete_option(f"auth {command}", option, "la", **others)
    assert choice.name == "You can't log agents in yet. /auth help says whom to ask"

    others[option] = choice.value
    refused = await (await eve.slash(f"auth {command}", **others)).settled()
    assert "on the list of people" in refused.content


async def test_a_list_without_logins_says_that_none_waits_or_is_there(bot: commands.Bot, mei: Person) -> None:
    (none_waits,) = await mei.complete_option("auth cancel", "vendor", "")
    (nobody,) = await mei.complete_option("auth logout", "vendor", "")
    assert none_waits.name.startswith("沒有等待中的登入")
    assert nobody.name == "目前還沒有任何登入"


async def test_choosing_an_explanation_does_no_harm(bot: commands.Bot, ada: Person) -> None:
    (none_waits,) = await ada.complete_option("auth cancel", "vendor", "")
    told = await (await ada.slash("auth cancel", vendor=none_waits.value)).settled()
    assert "No login is waiting" in told.content
    told = await (await ada.slash("auth complete", vendor=none_waits.value, redirect="code=a&state=b")).settled()
    assert "No login is waiting" in told.content
    (nobody,) = await ada.complete_option("auth logout", "vendor", "")
    told = await (await ada.slash("auth logout", vendor=nobody.value)).settled()
    assert "Nobody is logged in yet" in told.content

    await begin(ada)
    assert [choice.value for choice in await ada.complete_option("auth cancel", "vendor", "")] == ["lab"]
    assert await ada.complete_option("auth cancel", "vendor", "another") == ()  # nothing matches what was typed


async def test_a_bot_that_offers_no_vendor_says_so(world: EmbeddedDiscord, ada: Person, store_path: Path) -> None:
    config = Config(auth=AuthSettings(vendors=()))
    settings = DiscordSettings(allow_all_users=True)
    service = open_service(Runtime.open(config, str(store_path), {}), settings, closes_runtime=True)
    async with running(world, service):
        (choice,) = await ada.complete_option("auth login", "vendor", "")
        assert choice.name == "No vendor is offered here yet; ask the operator"
        told = await (await ada.slash("auth login", vendor=choice.value)).settled()
    assert "No vendor is offered here yet" in told.content


async def test_a_store_that_cannot_be_read_is_said_too(bot: commands.Bot, ada: Person, store_path: Path) -> None:
    await asyncio.to_thread(store_path.write_bytes, b"\xff")
    (choice,) = await ada.complete_option("auth logout", "vendor", "")
    assert choice.name == "The logins can't be read right now; ask the operator"
