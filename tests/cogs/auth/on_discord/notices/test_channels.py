"""Where a notice is told: to its person, or in the operators' channel, once, also if Discord loses messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.notices import login_notices
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.notices import changes
from openab_auth.storage import CONSOLE, REQUESTS, FileStore, Notice
from tests.cogs.auth.on_discord.discord_bot import running
from tests.cogs.auth.on_discord.notices.notices_seen import End, first_news, log_in, news, told_operators
from tests.support.patience import until


@pytest.fixture
def settings(settings: DiscordSettings, world: EmbeddedDiscord) -> DiscordSettings:
    return replace(settings, operators_channel=int(world.state.text_channel_id))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_notices, "_REST", 0.1)
    monkeypatch.setattr(changes, "_CLAIM", 1)


async def test_if_a_person_takes_no_messages_the_operators_are_told_once(
    world: EmbeddedDiscord, bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, end: End
) -> None:
    await log_in(bob, issuer)
    world.faults.next("message", status=403, code=50007, message="Cannot send messages to this user")

    await end()
    await until(lambda: len(told_operators(world)) == 1)
    (told,) = told_operators(world)
    await asyncio.sleep(0.3)

    assert "**The login to The Lab (ada@example.com) has ended.**" in told.content
    assert f"I could not tell <@{bob.id}> by direct message." in told.content
    assert told.body["allowed_mentions"] == {"parse": []}
    assert len(told_operators(world)) == 1
    assert not news(world, bob)
    begun = await ada.press(told, "Log in to The Lab")
    assert isinstance(begun, ShownResponse)
    assert "Log in to The Lab" in (await begun.settled()).content


async def test_a_login_that_nobody_is_known_for_is_told_to_the_operators(
    world: EmbeddedDiscord, bot: commands.Bot, bob: Person, issuer: Issuer, end: End, store_path: Path
) -> None:
    await log_in(bob, issuer)
    FileStore(store_path).update(
        lambda draft: draft.notes.update(lab=draft.notes["lab"]._replace(logged_in_by=CONSOLE))
    )

    await end()
    await until(lambda: len(told_operators(world)) == 1)

    assert "Nobody knows who made this login" in told_operators(world)[0].content
    assert not news(world, bob)


@pytest.mark.parametrize("fault", [{}, {"when": "after"}, {"cut": True, "when": "after"}, {"status": 429}])
async def test_a_message_that_discord_loses_is_told_once(
    fault: dict[str, Any], world: EmbeddedDiscord, bot: commands.Bot, bob: Person, issuer: Issuer, end: End
) -> None:
    await log_in(bob, issuer)
    world.faults.next("message", **fault)

    await end()
    await first_news(world, bob)
    await asyncio.sleep(1.5)

    assert len(news(world, bob)) == 1
    assert not told_operators(world)


async def test_an_outage_of_discord_loses_no_notice(
    world: EmbeddedDiscord, bot: commands.Bot, bob: Person, issuer: Issuer, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_notices, "_DEADLINE", 0.5)
    await log_in(bob, issuer)
    world.faults.next("message", times=3, delay=0.1)

    await end()
    await first_news(world, bob)
    await asyncio.sleep(1.5)

    assert len(news(world, bob)) == 1


async def test_several_bots_on_one_store_tell_it_once(
    world: EmbeddedDiscord,
    start: Callable[[DiscordSettings], AuthService],
    settings: DiscordSettings,
    bob: Person,
    issuer: Issuer,
    end: End,
    store_path: Path,
    audited: Callable[[], list[dict[str, str]]],
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(running(world, start(settings)))
        await log_in(bob, issuer)
        await end()
        await first_news(world, bob)
        await asyncio.sleep(1)

    assert len(news(world, bob)) == 1
    assert sum(line["event"] == "died" for line in audited()) == 1
    (notice,) = FileStore(store_path).records(REQUESTS).values()
    assert isinstance(notice, Notice)
    assert notice.told == ("dm",)
