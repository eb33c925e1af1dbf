"""Tells whoever made a login that it has ended: once, by direct message, with a button that begins the next."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import discord
from discord.ext import commands

from openab_auth.cogs.auth.replies import LOST, ReplyContent, reason, send
from openab_auth.cogs.auth.service import AuthService
from openab_auth.cogs.auth.text import SpokenLanguages, words
from openab_auth.cogs.auth.views import LoginButton, view_of
from openab_auth.oauth.logins.status import LoginState
from openab_auth.storage.entries import CONSOLE
from openab_auth.storage.errors import OpenabAuthError

_LOOK: Final = 3.0  # seconds between two looks at the notes
_log = logging.getLogger(__name__)


class DeadLogins:
    """Looks at the store while the bot is connected; which login was told is remembered there, for all bots."""

    def __init__(self, bot: commands.Bot, service: AuthService, languages: SpokenLanguages) -> None:
        self._bot = bot
        self._service = service
        self._languages = languages
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, if that has not begun."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="dead logins")

    async def aclose(self) -> None:
        """Look no further."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        told = ""
        while True:
            try:
                for state in await self._service.newly_dead():
                    await self._try_to_tell(state)
                told = ""
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look may do better
                words = str(error) if isinstance(error, OpenabAuthError) else type(error).__name__
                if told != words:
                    _log.warning("whether a login has died could not be seen: %s", words)
                told = words
            await asyncio.sleep(_LOOK)

    async def _try_to_tell(self, state: LoginState) -> None:
        """Tell of one login; what goes wrong is logged, for the store says already that it was told."""
        try:
            await self._tell(state)
        except LOST as error:
            _log.warning("that the login to %s has ended could not be told (%s)", state.tenant, reason(error))
        except Exception as error:  # noqa: BLE001 - the next login's person must be told all the same
            _log.error("that the login to %s has ended could not be told (%s)", state.tenant, type(error).__name__)

    async def _tell(self, state: LoginState) -> None:
        maker = state.logged_in_by
        if maker is None or maker == CONSOLE:
            _log.warning("the login to %s has ended, and whom to tell is not known", state.tenant)
            return
        language = self._languages.language_of(maker)
        vendor = state.vendor
        view = view_of([LoginButton(language, vendor.name, vendor.title)]) if vendor else None
        text = words.login_ended(language, state)
        await send(await self._bot.create_dm(discord.Object(maker)), ReplyContent(text, view=view))
