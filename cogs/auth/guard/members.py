"""Asks Discord which roles a person has now, where no interaction tells it."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import discord

from openab_auth.cogs.auth.guard.access import Caller, member_caller
from openab_auth.cogs.auth.guard.errors import AccessUnknownError
from openab_auth.cogs.auth.replies import LOST, reason
from openab_auth.storage.entries import UserId

_DEADLINE: Final = 5.0  # seconds; a bot that stops waits for it, and for the revocation that may follow
_log = logging.getLogger(__name__)


class Members:
    """Looks people up in the Discord server in which they began a login."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def caller(self, user: UserId, guild: int) -> Caller:
        """Return this person with the roles that they have there now: none where they, or the bot, have left it.

        Raises:
            AccessUnknownError: Discord gave no usable answer.
        """
        try:
            async with asyncio.timeout(_DEADLINE):
                there = self._client.get_guild(guild) or await self._client.fetch_guild(guild, with_counts=False)
                return member_caller(await there.fetch_member(user), guild)
        except (discord.NotFound, discord.Forbidden):
            return Caller(user, guild=guild)
        except (TimeoutError, *LOST, discord.DiscordException) as error:
            _log.warning("Discord did not tell which roles %s has (%s)", user, reason(error))
            raise AccessUnknownError from None
