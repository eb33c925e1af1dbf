"""The whole way with real processes: an agent asks, the bot writes, a person logs in, and the agent goes on.

Each kill comes at a step that the store shows. A killed process is always the real one.
"""

from __future__ import annotations

import asyncio

import pytest

from openab_auth.bot.playground.bot_process import BotProcess
from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from tests.bot.requests.asking_agents import Thread
from tests.support.patience import until

LATE = 5.0  # seconds by which Discord delays a message, so that the bot is killed before it


async def kill(agent: asyncio.subprocess.Process) -> None:
    agent.kill()
    await agent.communicate()


async def test_an_agent_that_does_not_wait_asks_and_ends(thread: Thread, ada: Person) -> None:
    agent = await thread.start_agent()
    output, told = await agent.communicate()
    assert (agent.returncode, output) == (3, b"")
    assert b"nobody is logged in" in told
    await until(lambda: len(thread.messages) == 1)

    waiting = await thread.start_waiting()
    await thread.finish(ada, await thread.press(ada))

    await thread.check_goes_on(waiting)


async def test_a_bot_killed_before_it_writes_writes_once_afterwards(
    thread: Thread, bot: BotProcess, discord: EmbeddedDiscord, ada: Person
) -> None:
    discord.faults.next("message", delay=LATE)
    agent = await thread.start_waiting()
    await until(lambda: bool(thread.requests[0].claimed_until))
    await bot.kill()
    assert not thread.messages
    thread.end_claims()

    await bot.start()
    await until(lambda: thread.requests[0].message is not None)

    await thread.finish(ada, await thread.press(ada))
    await thread.check_goes_on(agent)


@pytest.mark.parametrize(("later", "messages"), [(60, 1), (600, 2)])
async def test_a_bot_killed_after_it_wrote_leaves_one_message_or_two(
    later: int, messages: int, thread: Thread, bot: BotProcess, discord: EmbeddedDiscord, ada: Person
) -> None:
    """Discord knows a message by its nonce for some minutes; a bot that starts later writes once more."""
    discord.faults.next("message", when="after")
    agent = await thread.start_waiting()
    await until(lambda: bool(thread.messages))
    await bot.kill()
    assert thread.requests[0].message is None
    thread.end_claims()
    thread.messages[0].at -= later

    await bot.start()
    await until(lambda: thread.requests[0].message is not None)

    assert thread.sent == 2
    await thread.finish(ada, await thread.press(ada))
    await thread.check_goes_on(agent, messages=messages)


async def test_a_bot_killed_during_the_login_finishes_it_afterwards(
    thread: Thread, bot: BotProcess, ada: Person
) -> None:
    agent = await thread.start_waiting()
    await until(lambda: thread.requests[0].message is not None)
    card = await thread.press(ada)
    await bot.kill()

    await bot.start()
    await thread.finish(ada, card)

    await thread.check_goes_on(agent)


async def test_a_bot_killed_before_it_says_who_logged_in_says_it_afterwards(
    thread: Thread, bot: BotProcess, discord: EmbeddedDiscord, ada: Person
) -> None:
    agent = await thread.start_waiting()
    await until(lambda: thread.requests[0].message is not None)
    discord.faults.next("message", delay=LATE)
    await thread.finish(ada, await thread.press(ada))
    await until(lambda: bool(thread.requests[0].claimed_until))
    await bot.kill()
    assert "needs a login" in thread.messages[0].content
    thread.end_claims()

    await bot.start()

    await thread.check_goes_on(agent)


async def test_an_agent_killed_while_it_waits_asks_again_in_silence(thread: Thread, ada: Person) -> None:
    killed = await thread.start_waiting()
    await until(lambda: len(thread.messages) == 1)
    await kill(killed)
    agent = await thread.start_waiting()

    await thread.finish(ada, await thread.press(ada))

    await thread.check_goes_on(agent)


async def test_bot_and_agent_are_killed_and_both_go_on(
    thread: Thread, bot: BotProcess, discord: EmbeddedDiscord, ada: Person
) -> None:
    discord.faults.next("message", when="after")
    killed = await thread.start_waiting()
    await until(lambda: bool(thread.messages))
    await asyncio.gather(bot.kill(), kill(killed))
    thread.end_claims()
    agent = await thread.start_waiting()
    await bot.start()
    await until(lambda: thread.requests[0].message is not None)

    card = await thread.press(ada)
    await asyncio.gather(bot.kill(), kill(agent))
    await bot.start()
    agent = await thread.start_waiting()
    await thread.finish(ada, card)

    await thread.check_goes_on(agent)


async def test_a_kill_of_both_after_the_login_leaves_no_request_open(
    thread: Thread, bot: BotProcess, discord: EmbeddedDiscord, ada: Person
) -> None:
    """The agent is killed while it waits, and the bot after the login is stored."""
    agent = await thread.start_waiting()
    await until(lambda: thread.requests[0].message is not None)
    await kill(agent)
    discord.faults.next("message", delay=LATE)
    await thread.finish(ada, await thread.press(ada))
    await bot.kill()
    thread.end_claims()

    await bot.start()

    await thread.check_goes_on(await thread.start_agent())
