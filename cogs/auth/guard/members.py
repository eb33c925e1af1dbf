"""Asks Discord which roles a person has now, when there is no interaction to read them from."""

from __future__ import annotations

import logging
from typing import Final

import discord

from openab_auth.cogs.auth.guard.access import Caller, member_caller
from openab_auth.cogs.auth.guard.errors import AccessUnknownError
from openab_auth.cogs.auth.replies import LOST, reason
from openab_auth.oauth.http import awake_timeout
from openab_auth.storage.entries import UserId

_DEADLINE: Final = 5.0  # seconds; a stopping bot waits for the answer, and for a revocation after it
_log = logging.getLogger(__name__)


class Members:
    """Looks people up in the Discord server where they started a login."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def caller(self, user: UserId, guild: int) -> Caller:
        """Return this person with their current roles there: none if they or the bot have left the server.

        Raises:
            AccessUnknownError: Discord gave no usable answer.
        """
        try:
            async with awake_timeout(_DEADLINE):
                there = self._client.get_guild(guild) or await self._client.fetch_guild(guild, with_counts=False)
                return member_caller(await there.fetch_member(user), guild)
        except (discord.NotFound, discord.Forbidden):
            return Caller(user, guild=guild)
        except (TimeoutError, *LOST, discord.DiscordException) as error:
            _log.warning("Discord did not tell which roles %s has (%s)", user, reason(error))
            raise AccessUnknownError from None
