"""The /auth commands as a discord.py extension: `await bot.load_extension("openab_auth.cogs.auth")`."""

from __future__ import annotations

import os

from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.connections import HostBot, closed_shards
from openab_auth.cogs.auth.guard import DISCORD_API, Access, DiscordSettings, GuildRules, read_bot_config, read_settings
from openab_auth.cogs.auth.service import AuthService, open_service
from openab_auth.oauth.config import store_location
from openab_auth.oauth.runtime import Runtime

__all__ = [
    "DISCORD_API",
    "Access",
    "Auth",
    "AuthService",
    "DiscordSettings",
    "GuildRules",
    "HostBot",
    "closed_shards",
    "open_service",
    "read_bot_config",
    "read_settings",
    "setup",
]


async def setup(bot: HostBot) -> None:
    """Add the cog; its settings come from the config file and the environment.

    Raises:
        OpenabAuthError: the config has mistakes; the error names all of them.
    """
    config, settings = read_bot_config(None, os.environ)
    location = store_location(config, None, os.environ)
    runtime = Runtime.open(config, location, os.environ)
    await bot.add_cog(Auth(bot, open_service(runtime, settings, closes_runtime=True)))
