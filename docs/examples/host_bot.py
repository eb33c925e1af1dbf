"""A discord.py bot of your own that gains the /auth commands."""

import os

import discord
from discord.ext import commands


class HostBot(commands.Bot):
    """Your bot; the extension reads its config and the environment by itself."""

    async def setup_hook(self) -> None:
        """Load the extension, then register its commands."""
        await self.load_extension("openab_auth.cogs.auth")
        await self.tree.sync()


intents = discord.Intents.none()
intents.guilds = True
intents.dm_messages = True  # only for pastes that are sent as a direct message

if __name__ == "__main__":
    HostBot(commands.when_mentioned, intents=intents).run(os.environ["DISCORD_TOKEN"])
