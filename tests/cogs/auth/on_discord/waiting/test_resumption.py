"""Logins that wait for an approval while the bot stops, and while it starts again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service import resumption
from tests.cogs.auth.on_discord.discord_bot import begin, running
from tests.cogs.auth.on_discord.waiting.device_codes import code_in
from tests.cogs.auth.service.service_logins import Log, Start, Stored
from tests.support.patience import until


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for seconds in here."""
    monkeypatch.setattr(resumption, "_INTERVAL", 0.05)


@contextmanager
def unreadable(file: Path) -> Iterator[None]:
    """A FIFO lies in the file's place; the file comes back in one step, so that nobody finds no file at all."""
    aside = file.with_name("aside")
    file.rename(aside)
    os.mkfifo(file)
    try:
        yield
    finally:
        aside.rename(file)


async def test_a_login_that_is_stored_while_the_bot_stops_is_in_the_audit_log(
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    settings: DiscordSettings,
    start: Start,
    stored: Stored,
    audited: Log,
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
        assert issuer.devices.decide(code_in(issuer, login), "allow")
        issuer.faults.next("/token", delay=0.5)
        polled = len(issuer.requests("/token"))
        await until(lambda: len(issuer.requests("/token")) > polled)

    assert list(stored()) == ["lab"]
    assert [(line["event"], line["outcome"]) for line in audited()] == [("login", "ok"), ("complete", "ok")]


async def test_a_store_that_is_away_at_the_start_ends_no_login(
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    settings: DiscordSettings,
    start: Start,
    store_path: Path,
    stored: Stored,
    audited: Log,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
    async with AsyncExitStack() as stack:
        with unreadable(store_path):
            await stack.enter_async_context(running(world, start(settings)))
            await until(lambda: "could not be resumed yet" in caplog.text)
        await issuer.approve_device(code_in(issuer, login))

        await until(lambda: "lab" in stored() and audited()[-1]["event"] == "complete")

    assert caplog.text.count("could not be resumed yet") == 1


async def test_a_login_that_began_meanwhile_is_not_begun_again(
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    settings: DiscordSettings,
    start: Start,
    stored: Stored,
    audited: Log,
) -> None:
    service = start(settings)
    async with running(world, service):
        login = await begin(ada)
        await service.resumption.resume()
        await issuer.approve_device(code_in(issuer, login))

        await login.wait_for(lambda shown: "Logged in to" in shown.content and not shown.components)

    assert [(line["event"], line["outcome"]) for line in audited()] == [("login", "ok"), ("complete", "ok")]
