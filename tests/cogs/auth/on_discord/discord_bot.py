"""Run the cog in a real discord.py client, and make a person's first steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import discord
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal, Person, ShownResponse
from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.connections import HostBot
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.cogs.auth.text.language import english
from tests.support.patience import PATIENCE

ROLE = 7
PASTE = english().say("button-paste")


class ShardedBot(commands.AutoShardedBot):
    """A bot that asks Discord how many shards it needs, and does not pause between them."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Begin the next session at once."""


@asynccontextmanager
async def running(
    world: EmbeddedDiscord,
    service: AuthService,
    *,
    guilds: bool = True,
    members: bool = False,
    kind: type[HostBot] = commands.Bot,
) -> AsyncIterator[commands.Bot]:
    """Run a bot with the cog and these intents until the block ends."""
    intents = discord.Intents.none()
    intents.guilds, intents.dm_messages, intents.members = guilds, True, members
    made = kind(commands.when_mentioned, intents=intents, guild_ready_timeout=0.1, chunk_guilds_at_startup=False)
    bot = cast("commands.Bot", made)  # what the tests use is the same in both

    async def setup_hook() -> None:
        await bot.add_cog(Auth(bot, service))
        await bot.tree.sync()

    bot.setup_hook = setup_hook  # type: ignore[method-assign]  # shorter than a class
    async with bot:
        task = asyncio.create_task(bot.start(world.bot_token))
        ready = asyncio.create_task(bot.wait_until_ready())
        await asyncio.wait({task, ready}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        await ready
        yield bot
        await bot.remove_cog("openab-auth")
    await task


async def begin(person: Person, vendor: str = "lab", where: str = "guild") -> ShownResponse:
    answer = await person.slash("auth login", vendor=vendor, where=where)  # type: ignore[arg-type]  # two literals
    return await answer.settled()


async def form(person: Person, answer: ShownResponse) -> Modal:
    opened = await person.press(answer, PASTE)
    assert isinstance(opened, Modal)
    return opened
