"""Measure the acknowledgement of `/auth status`, against an empty discord.py command on the same Discord.

Both are slash commands that defer first; the other command does nothing else. Goal: at most 1.5 times at 1, 50 and 500
at once. Print the medians of the slowest acknowledgement of each round, and their ratio.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import discord
from discord import app_commands

from openab_auth.bot.client import AuthBot, point_discord_at
from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.cogs.auth import DiscordSettings, open_service
from openab_auth.oauth.config import Config
from openab_auth.oauth.runtime import Runtime
from openab_auth.storage import Secret

ROUNDS = 9


class BenchmarkBot(AuthBot):
    """The bot, with an empty command beside its own."""

    async def setup_hook(self) -> None:
        """Add the peer, then do what the bot does."""

        @app_commands.command(name="empty", description="Does nothing")
        async def empty(interaction: discord.Interaction) -> None:
            await interaction.response.defer(ephemeral=True, thinking=True)

        self.tree.add_command(empty)
        await super().setup_hook()


async def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedDiscord.listening() as server:
            people = [server.person(f"person{number}") for number in range(500)]
            settings = DiscordSettings(
                bot_token=Secret(server.bot_token), allow_all_users=True, api_base=server.api_base
            )
            store = str(Path(folder) / "auth.json")
            service = open_service(Runtime.open(Config(), store, {}, time.time), settings, closes_runtime=True)
            await point_discord_at(server.api_base)
            bot = BenchmarkBot(settings, service)
            running = asyncio.create_task(bot.start(server.bot_token))
            await bot.connected.wait()
            for count in (1, 50, 500):
                slowest: dict[str, list[float]] = {"empty": [], "auth status": []}
                for _ in range(ROUNDS):
                    for command, times in slowest.items():
                        times.append(await slowest_ack(people[:count], command))
                empty, ours = (statistics.median(slowest[command]) for command in ("empty", "auth status"))
                print(f"{count:4} at once: empty {empty:7.1f} ms, /auth {ours:7.1f} ms, {ours / empty:.2f} times")
            await service.aclose()
            await bot.close()
            await asyncio.gather(running, return_exceptions=True)


async def slowest_ack(people: list[Person], command: str) -> float:
    """Milliseconds until the last of these people is acknowledged."""
    answers = await asyncio.gather(*(person.slash(command) for person in people))
    await asyncio.gather(*(answer.settled() for answer in answers if command != "empty"))
    return max(answer.ack_ms or float("inf") for answer in answers)


if __name__ == "__main__":
    asyncio.run(main())
