"""An agent in a thread needs a login: the bot writes about it, a person logs in, and the agent goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.config import Config
from openab_auth.oauth.requests import LoginRequests
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads import ThreadRecords
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import FileStore, ThreadId, UserId
from tests.cogs.auth.on_discord.accounts.account_logins import log_in, replay
from tests.cogs.auth.on_discord.discord_bot import begin, running
from tests.cogs.auth.on_discord.requests.requests_seen import finish, in_thread, open_requests, press
from tests.support.patience import PATIENCE, until

NEEDS = "An agent in this thread needs"


async def test_an_agent_asks_a_person_logs_in_and_the_agent_goes_on(
    world: EmbeddedDiscord, bot: commands.Bot, agent: TokenSource, bob: Person, issuer: Issuer, store_path: Path
) -> None:
    waiting = asyncio.create_task(agent.get_valid("lab", wait=PATIENCE))
    await until(lambda: len(in_thread(world)) == 1)
    (asked,) = in_thread(world)
    assert f"{NEEDS} a login to The Lab." in asked.content
    assert asked.channel_id == world.state.thread_id

    await finish(bob, issuer, await press(bob, asked))

    assert (await waiting).value.reveal()
    await until(lambda: "has logged in to The Lab" in asked.content)
    assert f"<@{bob.id}>" in asked.content
    assert not asked.body.get("components")
    await until(lambda: not open_requests(store_path))
    assert len(in_thread(world)) == 1


async def test_many_agents_and_processes_get_one_message(
    world: EmbeddedDiscord, bot: commands.Bot, agent: TokenSource, config: Config, store_path: Path, thread: ThreadId
) -> None:
    runtimes = [Runtime(FileStore(store_path), Catalogue.from_config(config, {}), environ={}) for _ in range(8)]
    sources = [TokenSource(runtime, thread=thread) for runtime in runtimes]
    waits = [asyncio.create_task(source.get_valid("lab", wait=3)) for source in sources * 4]
    await until(lambda: len(in_thread(world)) == 1)
    await asyncio.gather(*waits, return_exceptions=True)

    assert len(in_thread(world)) == 1
    for source, runtime in zip(sources, runtimes, strict=True):
        await source.aclose()
        await runtime.aclose()


async def test_asking_again_for_another_reason_edits_the_message(
    world: EmbeddedDiscord, bot: commands.Bot, asking: LoginRequests
) -> None:
    await asking.ask("lab", "to run the tests")
    await until(lambda: len(in_thread(world)) == 1)
    (asked,) = in_thread(world)
    assert "> to run the tests" in asked.content
    await asking.ask("lab", "to open the pull request")

    await until(lambda: "> to open the pull request" in asked.content)
    assert len(in_thread(world)) == 1


class TestPersonal:
    @pytest.fixture
    def config(self, config: Config) -> Config:
        return replace(config, auth=replace(config.auth, accounts="personal"))

    async def test_only_its_person_answers_after_agreeing(
        self,
        world: EmbeddedDiscord,
        bot: commands.Bot,
        agent: TokenSource,
        bob: Person,
        mei: Person,
        issuer: Issuer,
        store_path: Path,
        thread: ThreadId,
    ) -> None:
        await until(lambda: ThreadRecords(FileStore(store_path).threads()).owner(thread) is not None)
        waiting = asyncio.create_task(agent.get_valid("lab", wait=PATIENCE))
        await until(lambda: len(in_thread(world)) == 1)
        (asked,) = in_thread(world)
        assert f"<@{bob.id}>" in asked.content

        refused = await press(mei, asked)
        assert "另一個人" in refused.content
        question = await press(bob, asked)
        await bob.press(question, "Use my account in this thread")
        await until(lambda: ThreadRecords(FileStore(store_path).threads()).may_serve(UserId(bob.id), thread))
        card = await press(bob, asked)
        await finish(bob, issuer, card)

        await waiting
        assert [*FileStore(store_path).read()] == [f"lab@u{bob.id}"]


async def test_a_button_that_is_replayed_after_the_login_begins_nothing(
    world: EmbeddedDiscord, bot: commands.Bot, agent: TokenSource, bob: Person, issuer: Issuer, store_path: Path
) -> None:
    with pytest.raises(Exception, match="nobody is logged in"):
        await agent.get_valid("lab")
    await until(lambda: len(in_thread(world)) == 1)
    button = in_thread(world)[0].body["components"][0]["components"][0]["custom_id"]
    await log_in(bob, issuer)
    await until(lambda: not open_requests(store_path))

    answer = await replay(world, bot, bob, button)

    assert "No agent waits for this login" in (await answer.settled()).content  # type: ignore[attr-defined]


async def test_a_person_who_may_not_log_in_learns_that(
    world: EmbeddedDiscord, bot: commands.Bot, agent: TokenSource, eve: Person
) -> None:
    with pytest.raises(Exception, match="nobody is logged in"):
        await agent.get_valid("lab")
    await until(lambda: len(in_thread(world)) == 1)

    answer = await press(eve, in_thread(world)[0])

    assert "is on the list of people who may log agents in" in answer.content
    assert not answer.link_buttons


async def test_a_restart_of_the_bot_changes_nothing(
    world: EmbeddedDiscord,
    service: AuthService,
    start: Callable[[DiscordSettings], AuthService],
    settings: DiscordSettings,
    thread: ThreadId,
    agent: TokenSource,
    bob: Person,
    issuer: Issuer,
) -> None:
    async with running(world, service):
        with pytest.raises(Exception, match="nobody is logged in"):
            await agent.get_valid("lab")
        await until(lambda: len(in_thread(world)) == 1)
    (asked,) = in_thread(world)
    async with running(world, start(settings)):
        card = await press(bob, asked)
        await finish(bob, issuer, card)

        await until(lambda: "has logged in" in asked.content)
    assert len(in_thread(world)) == 1


async def test_a_login_by_command_answers_the_request_too(
    world: EmbeddedDiscord, bot: commands.Bot, agent: TokenSource, bob: Person, issuer: Issuer
) -> None:
    with pytest.raises(Exception, match="nobody is logged in"):
        await agent.get_valid("lab")
    await until(lambda: len(in_thread(world)) == 1)
    await begin(bob)
    await log_in(bob, issuer)

    await until(lambda: "has logged in to The Lab" in in_thread(world)[0].content)


async def test_a_host_bot_asks_and_waits_for_its_own_agents(
    world: EmbeddedDiscord, bot: commands.Bot, thread: ThreadId, bob: Person, issuer: Issuer
) -> None:
    cog, channel = bot.get_cog("openab-auth"), bot.guilds[0].get_thread(thread)
    assert isinstance(cog, Auth)
    assert channel is not None

    assert (await cog.ask_for_login(channel, "lab", reason="to deploy")).state == "asked"
    assert not await cog.wait_for_login(channel, "lab", timeout=0.1)
    waiting = asyncio.create_task(cog.wait_for_login(channel, "lab", timeout=PATIENCE))
    await until(lambda: len(in_thread(world)) == 1)
    await finish(bob, issuer, await press(bob, in_thread(world)[0]))

    assert await waiting
    assert (await cog.ask_for_login(channel, "lab")).state == "there"
