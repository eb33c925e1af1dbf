"""The /auth commands as a discord.py extension: `await bot.load_extension("openab_auth.cogs.auth")`."""

from __future__ import annotations

import os
import time

from discord.ext import commands

from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.guard.settings import read_settings
from openab_auth.cogs.auth.service.service import open_service
from openab_auth.oauth.config import store_location
from openab_auth.oauth.vendors import read_config

__all__ = ["setup"]


async def setup(bot: commands.Bot) -> None:
    """Add the cog, built from the config file and the environment alone.

    Raises:
        OpenabAuthError: the config has mistakes; all of them are named.
    """
    config = read_config(None, os.environ)
    settings = read_settings(config, os.environ)
    location = store_location(config, None, os.environ)
    await bot.add_cog(Auth(bot, open_service(config, location, settings, environ=os.environ, clock=time.time)))
