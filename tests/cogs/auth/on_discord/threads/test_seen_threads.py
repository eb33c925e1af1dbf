"""The bot records the threads that it can see, so that their agents know their owner without any command."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.discord.guild.model import Message
from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.threads import ThreadRecords
from openab_auth.storage import FileStore, SeenThread, ThreadId, UserId
from tests.cogs.auth.on_discord.discord_bot import running
from tests.support.patience import until


@pytest.fixture
def thread(world: EmbeddedDiscord, bob: Person) -> ThreadId:
    world.state.threads[world.state.thread_id].owner = bob.user
    return ThreadId(int(world.state.thread_id))


@pytest.fixture
def bobs(world: EmbeddedDiscord, bob: Person) -> SeenThread:
    """Return what the bot should know of the thread."""
    state = world.state
    return SeenThread(int(state.application_id), int(state.guild_id), int(state.text_channel_id), UserId(bob.id))


async def test_a_thread_from_before_the_bot_is_recorded(
    world: EmbeddedDiscord, service: AuthService, thread: ThreadId, bobs: SeenThread, store_path: Path
) -> None:
    async with running(world, service):
        await until(lambda: ThreadRecords(FileStore(store_path).threads()).seen(thread) == bobs)


async def test_a_cog_that_is_loaded_late_records_the_threads(
    world: EmbeddedDiscord, service: AuthService, thread: ThreadId, bobs: SeenThread, store_path: Path
) -> None:
    async with running(world, service) as bot:
        await until(lambda: ThreadRecords(FileStore(store_path).threads()).seen(thread) == bobs)
        await service.threads.forget(thread)
        cog = bot.get_cog("openab-auth")
        assert isinstance(cog, Auth)
        await cog.thread_events.aclose()
        await cog.thread_events.start()
        await until(lambda: ThreadRecords(FileStore(store_path).threads()).seen(thread) == bobs)


async def test_a_thread_that_a_bot_opened_belongs_to_the_messages_author(
    world: EmbeddedDiscord, service: AuthService, thread: ThreadId, bobs: SeenThread, bob: Person, store_path: Path
) -> None:
    state = world.state
    state.threads[state.thread_id].owner = state.bot
    parent = state.text_channel_id
    state.messages[parent].append(Message(state.thread_id, parent, bob.user, {"content": "go"}, 0.0))
    async with running(world, service):
        await until(lambda: ThreadRecords(FileStore(store_path).threads()).seen(thread) == bobs)


async def test_status_in_a_thread_answers_although_the_records_are_damaged(
    world: EmbeddedDiscord, service: AuthService, thread: ThreadId, bobs: SeenThread, bob: Person, store_path: Path
) -> None:
    async with running(world, service):
        await until(lambda: ThreadRecords(FileStore(store_path).threads()).seen(thread) == bobs)
        damaged = store_path.with_name(f"{store_path.name}.threads")
        await asyncio.to_thread(damaged.write_text, "{ torn")

        answer = await (await bob.slash("auth status", where="thread")).settled()

    assert "problem" in answer.content
    assert "Nobody is logged in" in answer.content
