"""What `on_leave` needs of a host bot: the server members intent, and somebody to tell."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.oauth.config import Config
from tests.cogs.auth.on_discord.accounts.account_logins import log_in
from tests.cogs.auth.on_discord.discord_bot import running
from tests.cogs.auth.on_discord.people.people_logins import direct_messages
from tests.cogs.auth.service.service_logins import Start, Stored
from tests.support.patience import until


@pytest.fixture
def config(config: Config) -> Config:
    return replace(config, auth=replace(config.auth, on_leave="end"))


async def test_without_the_intent_the_log_says_that_it_cannot_work(
    world: EmbeddedDiscord, start: Start, settings: DiscordSettings, ada: Person, bob: Person, issuer: Issuer,
    stored: Stored, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    world.switch_on_members_intent()
    async with running(world, start(settings)):
        await log_in(bob, issuer, "me")
        await bob.leave()
        await asyncio.sleep(0.2)
        await (await ada.slash("auth status")).settled()

    assert "[auth] on_leave cannot work" in caplog.text
    assert list(stored()) == [f"lab@u{bob.id}"]
    assert not direct_messages(world, ada)


async def test_without_operators_the_log_says_that_nobody_can_be_told(
    world: EmbeddedDiscord, start: Start, settings: DiscordSettings, caplog: pytest.LogCaptureFixture
) -> None:
    world.switch_on_members_intent()
    async with running(world, start(replace(settings, operators=None)), members=True):
        pass

    assert "[auth] on_leave can tell nobody" in caplog.text


async def test_a_bot_that_knows_no_guild_asks_discord_for_its_guilds(
    world: EmbeddedDiscord, start: Start, settings: DiscordSettings, ada: Person, bob: Person, issuer: Issuer,
    stored: Stored,
) -> None:  # fmt: skip
    world.switch_on_members_intent()
    elsewhere = world.new_guild()
    await bob.join(elsewhere)
    async with running(world, start(settings), guilds=False, members=True):
        await log_in(bob, issuer, "me")
        await bob.leave()
        await until(lambda: any(f"{elsewhere}/members/{bob.id}" in seen.path for seen in world.requests))
        await asyncio.sleep(0.2)
        kept = stored()
        await bob.leave(elsewhere)
        await until(lambda: not stored())
        await until(lambda: bool(direct_messages(world, ada)))

    assert list(kept) == [f"lab@u{bob.id}"]
    assert f"has left {elsewhere}" in direct_messages(world, ada)[0].text
