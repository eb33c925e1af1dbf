"""A person is told that their login has ended: who is told, how often, and what the button does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service import DueNotice, Notices
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.storage import CONSOLE, FileStore, Note
from tests.cogs.auth.on_discord.discord_bot import running
from tests.cogs.auth.on_discord.notices.notices_seen import End, first_news, log_in, news
from tests.support.patience import PATIENCE, until


async def test_whoever_made_it_is_told_once_and_the_button_begins_the_next_login(
    bot: commands.Bot,
    ada: Person,
    bob: Person,
    issuer: Issuer,
    world: EmbeddedDiscord,
    end: End,
    audited: Callable[[], list[dict[str, str]]],
) -> None:
    await log_in(ada, issuer)

    await end()
    told = await first_news(world, ada)
    begun = await ada.press(told, "Log in to The Lab")

    assert "**The login to The Lab (ada@example.com) has ended.**" in told.content
    assert "this login was revoked" in told.content
    assert isinstance(begun, ShownResponse)
    assert "Log in to The Lab" in (await begun.settled()).content
    assert begun.ephemeral
    await asyncio.sleep(0.2)
    assert len(news(world, ada)) == 1
    assert not news(world, bob)
    (line,) = [line for line in audited() if line["event"] == "died"]
    assert (line["user"], line["vendor"], line["account"], line["outcome"]) == (str(ada.id), "lab", "lab", "login_dead")


async def test_neither_a_second_bot_nor_a_restart_tells_it_again(
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    end: End,
    start: Callable[[DiscordSettings], AuthService],
    settings: DiscordSettings,
) -> None:
    async with running(world, start(settings)), running(world, start(settings)):
        await log_in(ada, issuer)
        await end()
        await first_news(world, ada)
    async with running(world, start(settings)):
        await asyncio.sleep(0.3)

    assert len(news(world, ada)) == 1


async def test_the_next_login_that_ends_is_news_again(
    bot: commands.Bot, ada: Person, issuer: Issuer, world: EmbeddedDiscord, end: End
) -> None:
    for times in (1, 2):
        await log_in(ada, issuer)
        await end()
        assert await world.until(lambda times=times: len(news(world, ada)) == times, PATIENCE)  # type: ignore[misc]


async def test_a_person_who_takes_no_direct_messages_stops_nothing(
    bot: commands.Bot,
    ada: Person,
    issuer: Issuer,
    world: EmbeddedDiscord,
    end: End,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await log_in(ada, issuer)
    world.faults.next("message", status=403, code=50007)

    await end()
    await until(lambda: "could not tell anybody that the login to lab has ended" in caplog.text)

    await log_in(ada, issuer)
    await end()
    await first_news(world, ada)


async def test_the_end_of_a_login_from_the_console_is_audited_and_told_to_nobody(
    bot: commands.Bot,
    ada: Person,
    issuer: Issuer,
    world: EmbeddedDiscord,
    end: End,
    store_path: Path,
    audited: Callable[[], list[dict[str, str]]],
) -> None:
    await log_in(ada, issuer)
    made = Note(logged_in_by=CONSOLE, logged_in_at=int(time.time()))
    FileStore(store_path).update(
        lambda draft: draft.notes.update(lab=draft.notes["lab"]._replace(logged_in_by=made.logged_in_by))
    )

    await end()
    await until(lambda: any(line["event"] == "died" for line in audited()))

    assert not news(world, ada)


async def test_an_unforeseen_error_ends_neither_the_look_nor_the_news(
    bot: commands.Bot, ada: Person, issuer: Issuer, world: EmbeddedDiscord, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(ada, issuer)
    due, failing = Notices.due, [RuntimeError("can't start new thread"), OSError(5, "I/O error")]

    async def due_or_error(self: Notices) -> tuple[DueNotice, ...]:
        if failing:
            raise failing.pop()
        return await due(self)

    monkeypatch.setattr(Notices, "due", due_or_error)
    assert await world.until(lambda: not failing, PATIENCE)

    await end()

    assert await first_news(world, ada)
