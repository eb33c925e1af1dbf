"""A person is told that their login has ended: who is told, how often, and what the button does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Message, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.notices import dead_logins
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import LoginDeadError
from openab_auth.oauth.logins import LoginState
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.source import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import CONSOLE, FileStore, Note
from tests.cogs.auth.on_discord.discord_bot import begin, running
from tests.support.patience import PATIENCE, until

End = Callable[[], Awaitable[None]]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_logins, "_INTERVAL", 0.05)


@pytest.fixture
def end(issuer: Issuer, store_path: Path, config: Config) -> End:
    """Let the vendor end the login, and let an agent notice it."""

    async def end() -> None:
        for family in issuer.families:
            family.revoked = True
        async with TokenSource(FileStore(store_path), catalogue=Catalogue.from_config(config, {})) as source:
            with pytest.raises(LoginDeadError):
                await source.force_refresh("lab")

    return end


async def log_in(person: Person, issuer: Issuer) -> None:
    login = await begin(person)
    await (await person.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()


def news(world: EmbeddedDiscord, person: Person) -> list[Message]:
    return [each for each in world.channel(world.channel_id(person, "dm")) if "has ended" in each.content]


async def first_news(world: EmbeddedDiscord, person: Person) -> Message:
    assert await world.until(lambda: bool(news(world, person)), PATIENCE)
    return news(world, person)[0]


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
    assert (line["user"], line["vendor"], line["tenant"], line["outcome"]) == (str(ada.id), "lab", "lab", "login_dead")


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
    newly_dead, failing = AuthService.newly_dead, [RuntimeError("can't start new thread"), OSError(5, "I/O error")]

    async def newly_dead_or_error(self: AuthService) -> tuple[LoginState, ...]:
        if failing:
            raise failing.pop()
        return await newly_dead(self)

    monkeypatch.setattr(AuthService, "newly_dead", newly_dead_or_error)
    assert await world.until(lambda: not failing, PATIENCE)

    await end()

    assert await first_news(world, ada)
