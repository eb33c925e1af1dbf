"""A small bot on the real discord.py client, connected to the embedded Discord; tests define its commands."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord
from tests.support.patience import PATIENCE

Interaction = discord.Interaction[Any]
Act = Callable[[Interaction], Awaitable[object]]


class Hands:
    """A clock that a test can move forward."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class PasteButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"paste:(?P<flow>\d+)"):
    """A button that opens a modal."""

    def __init__(self, flow: str) -> None:
        super().__init__(discord.ui.Button(label="Paste", custom_id=f"paste:{flow}"))
        self.flow = flow

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, _item: object, match: re.Match[str], /) -> Self:
        return cls(match["flow"])

    async def callback(self, interaction: Interaction) -> None:
        await interaction.response.send_modal(PasteModal(self.flow))


class PasteModal(discord.ui.Modal, title="Paste"):
    """One field in a Label, as discord.py 2.7 sends it."""

    redirect: discord.ui.Label[Any] = discord.ui.Label(
        text="Address", component=discord.ui.TextInput(custom_id="redirect", max_length=20)
    )

    def __init__(self, flow: str) -> None:
        super().__init__(custom_id=f"paste-modal:{flow}", timeout=60)

    async def on_submit(self, interaction: Interaction) -> None:
        field = self.redirect.component
        assert isinstance(field, discord.ui.TextInput)
        await interaction.response.send_message(f"got {field.value}", ephemeral=True)


class SmallBot(commands.Bot):
    """A bot whose `/lab act` calls `act`; `errors` contains the exceptions."""

    def __init__(self, intents: discord.Intents) -> None:
        # discord.py waits this long for another guild before it is ready
        super().__init__(commands.when_mentioned, intents=intents, help_command=None, guild_ready_timeout=0.05)
        self.act: Act = answer_hello
        self.errors: asyncio.Queue[BaseException] = asyncio.Queue()
        self.resumed = asyncio.Event()
        self.heard: list[str] = []
        self.tree.add_command(group(self))
        self.add_dynamic_items(PasteButton)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def on_message(self, message: discord.Message, /) -> None:
        if message.author != self.user:
            self.heard.append(message.content)
            await message.channel.send(f"you said {message.content}")

    async def error(self) -> discord.HTTPException:
        """Return the error reply to the command's request."""
        raised = await asyncio.wait_for(self.errors.get(), PATIENCE)
        assert isinstance(raised, discord.HTTPException), raised
        return raised


async def answer_hello(interaction: Interaction) -> None:
    await interaction.response.send_message("hello", ephemeral=True)


def group(bot: SmallBot) -> app_commands.Group:
    """Return `/lab act`, and `/lab pick` with a required option with autocomplete."""
    lab = app_commands.Group(name="lab", description="What tests do")

    @lab.command(name="act", description="Do what the test says")
    async def act(interaction: Interaction, text: str | None = None) -> None:
        try:
            await bot.act(interaction)
        except (discord.DiscordException, aiohttp.ClientError, OSError, TypeError) as error:
            bot.errors.put_nowait(error)

    @lab.command(name="pick", description="Say what was picked")
    async def pick(interaction: Interaction, name: str) -> None:
        await interaction.response.send_message(f"picked {name}", ephemeral=True)

    @pick.autocomplete("name")
    async def names(_interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        count = int(typed) if typed.isdigit() else 2
        return [app_commands.Choice(name=f"{typed} {number}", value=str(number)) for number in range(count)]

    return lab


def quiet_intents() -> discord.Intents:
    """Return the intents without privileged ones, with direct messages."""
    intents = discord.Intents.none()
    intents.guilds = intents.dm_messages = True
    return intents


@asynccontextmanager
async def connected(world: EmbeddedDiscord, intents: discord.Intents | None = None) -> AsyncIterator[SmallBot]:
    """Run a small bot until the block ends."""
    async with SmallBot(intents or quiet_intents()) as bot:
        task = asyncio.create_task(bot.start(world.bot_token))
        ready = asyncio.create_task(bot.wait_until_ready())
        try:
            await asyncio.wait({task, ready}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
            await ready
            yield bot
        finally:
            ready.cancel()
            await bot.close()
            await asyncio.gather(task, return_exceptions=True)
