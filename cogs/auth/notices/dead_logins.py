"""Tells people once, by direct message, that their login has ended, with a button for a new login."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import discord
from discord.ext import commands

from openab_auth.cogs.auth.replies import LOST, ReplyContent, mentions_of, reason, send
from openab_auth.cogs.auth.service import AuthService
from openab_auth.cogs.auth.text import SpokenLanguages, account_title, words
from openab_auth.cogs.auth.views import LoginButton, fitting
from openab_auth.oauth.logins import LoginState
from openab_auth.storage.entries import CONSOLE
from openab_auth.storage.errors import OpenabAuthError

_INTERVAL: Final = 3.0  # seconds between two checks of the store
_log = logging.getLogger(__name__)


class DeadLogins:
    """Looks for dead logins in the store, and tells their people. The store remembers who was told, for all bots."""

    def __init__(self, bot: commands.Bot, service: AuthService, languages: SpokenLanguages) -> None:
        self._bot = bot
        self._service = service
        self._languages = languages
        self._checking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to check the store, if that has not started yet."""
        if self._checking is None:
            self._checking = asyncio.create_task(self._check(), name="dead logins")

    async def aclose(self) -> None:
        """Stop checking the store."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)

    async def _check(self) -> None:
        told = ""
        while True:
            try:
                for state in await self._service.newly_dead():
                    await self._try_to_tell(state)
                told = ""
            except Exception as error:  # noqa: BLE001 - the next check may succeed
                words = str(error) if isinstance(error, OpenabAuthError) else type(error).__name__
                if told != words:
                    _log.warning("could not check for dead logins: %s", words)
                told = words
            await asyncio.sleep(_INTERVAL)

    async def _try_to_tell(self, state: LoginState) -> None:
        """Tell about one login. A failure is only logged: in the store, the person counts as told."""
        try:
            await self._tell(state)
        except LOST as error:
            _log.warning("could not tell anybody that the login to %s has ended (%s)", state.tenant, reason(error))
        except Exception as error:  # noqa: BLE001 - people with other logins must still be told
            _log.error("could not tell anybody that the login to %s has ended (%s)", state.tenant, type(error).__name__)

    async def _tell(self, state: LoginState) -> None:
        maker = state.logged_in_by
        if maker is None or maker == CONSOLE:
            _log.warning("the login to %s has ended, and nobody knows who made it", state.tenant)
            return
        language = self._languages.language_of(maker)
        vendor = state.vendor
        buttons = fitting([LoginButton(language, vendor.name, account_title(language, vendor))]) if vendor else ()
        text = words.login_ended(language, state)
        channel = await self._bot.create_dm(discord.Object(maker))
        await send(channel, ReplyContent(text, buttons), mentions_of(self._bot))
