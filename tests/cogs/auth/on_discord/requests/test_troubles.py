"""Hostile reasons, lost messages, and threads in which the bot cannot write."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Permission, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.requests import LoginRequests
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads import ThreadRecords
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import FileStore, ThreadId
from tests.cogs.auth.on_discord.accounts.account_logins import log_in
from tests.cogs.auth.on_discord.discord_bot import running
from tests.cogs.auth.on_discord.requests.requests_seen import in_thread, open_requests
from tests.support.patience import until

HOSTILE = (
    "@everyone <@1> [bank](https://evil.example) # big\n> `x` \u202e\u200b**b** https://evil.example " + "y" * 10_000
)


async def test_a_hostile_reason_is_short_plain_text_and_notifies_nobody(
    world: EmbeddedDiscord, bot: commands.Bot, asking: LoginRequests
) -> None:
    await asking.ask("lab", HOSTILE)
    await until(lambda: len(in_thread(world)) == 1)
    (asked,) = in_thread(world)

    assert asked.body["allowed_mentions"] == {"parse": []}
    shown = asked.content.split("The agent says:")[1]
    assert "<@1>" not in shown
    assert "](https" not in shown
    assert "**b**" not in shown
    assert "\u202e" not in shown
    assert len(shown) < 500


@pytest.mark.parametrize("fault", [{}, {"when": "after"}, {"status": 429, "retry_after": 0.2}])
async def test_a_message_that_discord_loses_is_written_once(
    fault: dict[str, Any], world: EmbeddedDiscord, bot: commands.Bot, agent: TokenSource
) -> None:
    world.faults.next("message", **fault)
    with pytest.raises(Exception, match="nobody is logged in"):
        await agent.get_valid("lab")

    await until(lambda: len(in_thread(world)) == 1)
    await asyncio.sleep(2)
    assert len(in_thread(world)) == 1


async def test_a_login_ends_a_request_whose_thread_was_archived(
    world: EmbeddedDiscord, bot: commands.Bot, agent: TokenSource, bob: Person, issuer: Issuer, store_path: Path
) -> None:
    """Discord refuses to edit a message in an archived thread (50083), however often a bot tries."""
    with pytest.raises(Exception, match="nobody is logged in"):
        await agent.get_valid("lab")
    await until(lambda: len(in_thread(world)) == 1)
    await world.archive_thread()

    await log_in(bob, issuer)

    await until(lambda: not open_requests(store_path))
    assert len(in_thread(world)) == 1


async def test_a_request_opens_an_archived_thread_again(
    world: EmbeddedDiscord, bot: commands.Bot, agent: TokenSource
) -> None:
    await world.archive_thread()
    with pytest.raises(Exception, match="nobody is logged in"):
        await agent.get_valid("lab")

    await until(lambda: len(in_thread(world)) == 1)
    assert not world.state.threads[world.state.thread_id].archived


class TestOperatorsChannel:
    @pytest.fixture
    def settings(self, settings: DiscordSettings, world: EmbeddedDiscord) -> DiscordSettings:
        return replace(settings, operators_channel=int(world.state.text_channel_id))

    @pytest.mark.parametrize("permission", ["send_messages_in_threads", None])
    async def test_where_the_bot_cannot_write_the_operators_are_asked(
        self,
        permission: Permission | None,
        world: EmbeddedDiscord,
        bot: commands.Bot,
        agent: TokenSource,
        bob: Person,
        issuer: Issuer,
        store_path: Path,
    ) -> None:
        await (world.allow_bot(permission, may=False) if permission else world.archive_thread(locked=True))
        with pytest.raises(Exception, match="nobody is logged in"):
            await agent.get_valid("lab")
        await until(lambda: len(in_thread(world)) == 1)
        (asked,) = in_thread(world)

        assert asked.channel_id == world.state.text_channel_id
        assert f"<#{world.state.thread_id}>" in asked.content
        code = "50013" if permission else "50083"
        await until(lambda: code in open_requests(store_path)[0].trouble)
        await log_in(bob, issuer)
        await until(lambda: "has logged in" in asked.content)


async def test_forty_threads_at_once_get_one_message_each_at_the_rate_limit(
    world: EmbeddedDiscord, service: AuthService, runtime: Runtime, bob: Person, store_path: Path
) -> None:
    state = world.state
    threads = [state.new_thread(f"t{number}", state.text_channel_id, bob.user).id for number in range(40)]
    for _ in threads[::2]:
        world.faults.next("message", status=429, retry_after=0.1, passing=1)

    async with running(world, service):
        await until(lambda: ThreadRecords(FileStore(store_path).threads()).seen(ThreadId(int(threads[0]))) is not None)
        asking = [LoginRequests(runtime, ThreadId(int(thread))) for thread in threads]
        await asyncio.gather(*(one.ask("lab") for one in asking))
        await until(lambda: all(state.messages[thread] for thread in threads))
        answer = await (await bob.slash("auth status")).settled()

    assert "Nobody is logged in" in answer.content
    assert {len(state.messages[thread]) for thread in threads} == {1}
