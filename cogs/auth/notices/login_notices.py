"""Tells people about logins that died, will end, or were replaced: by direct message, or in the operators' channel."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

import discord

from openab_auth.cogs.auth.connections import HostBot
from openab_auth.cogs.auth.replies import LOST, mentions_of, reason, send
from openab_auth.cogs.auth.service import AuthService, DueNotice
from openab_auth.cogs.auth.text import SpokenLanguages, english
from openab_auth.cogs.auth.views import notice_message
from openab_auth.oauth.http import awake_timeout
from openab_auth.storage import Notice
from openab_auth.storage.errors import words_of
from openab_auth.storage.records.notices import About

_INTERVAL: Final = 3.0  # seconds between two checks of the store
_DEADLINE: Final = 45.0  # seconds for one message; a claim lasts longer
_REST: Final = 60.0  # seconds after Discord could not be reached
_MOST_AT_ONCE: Final = 16
_REFUSED: Final = frozenset({400, 403, 404})  # trying again would not help
_HAPPENED: Final[Mapping[About, str]] = {
    "died": "has ended",
    "ends": "will end",
    "variable-ends": "in a variable will end",
    "replaced": "was replaced",
}
_log = logging.getLogger(__name__)


class LoginNotices:
    """Looks for notices in the store, and tells them, while this bot has the lease.

    The store remembers which were told, for all bots.
    """

    def __init__(self, bot: HostBot, service: AuthService, languages: SpokenLanguages) -> None:
        self._bot = bot
        self._service = service
        self._languages = languages
        self._checking: asyncio.Task[None] | None = None
        self._free = asyncio.Semaphore(_MOST_AT_ONCE)

    def start(self) -> None:
        """Start to check the store, if that has not started yet."""
        if self._checking is None:
            self._checking = asyncio.create_task(self._check(), name="login notices")

    async def aclose(self) -> None:
        """Stop; what was claimed is told by another bot, or by this one after its next start."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)

    async def _check(self) -> None:
        told = ""
        while True:
            try:
                await self._service.guard.audit.tell_left_out()
                if self._service.posting.is_held:  # otherwise another bot of this application looks
                    await asyncio.gather(*map(self._try_to_tell, await self._service.notices.due()))
                told = ""
            except Exception as error:  # noqa: BLE001 - the next check may succeed
                words = words_of(error)
                if told != words:
                    _log.warning("could not check for news about logins: %s", words)
                told = words
            await self._service.posting.pause(_INTERVAL)

    async def _try_to_tell(self, due: DueNotice) -> None:
        try:
            async with self._free:
                await self._tell(due)
        except Exception as error:  # noqa: BLE001 - people with other logins must still be told
            _log.error("could not tell that %s (%s)", _news(due.notice), words_of(error))

    async def _tell(self, due: DueNotice) -> None:
        """Claim the notice, send it, and note that it was told. A notice that could not be sent is due again."""
        notices, channel = self._service.notices, due.channel
        notice = await notices.claim(due)
        if notice is None:
            return
        if channel is None:
            _log.warning("%s, and nobody can be told", _news(notice))
            return
        if (
            not self._service.posting.is_held
        ):  # this bot stood still after its claim; another one tells it when that ends
            return
        try:
            async with awake_timeout(_DEADLINE):
                await self._send(due, notice)
        except (*LOST, TimeoutError) as error:
            if not (isinstance(error, discord.HTTPException) and error.status in _REFUSED):
                _log.warning("could not tell yet that %s (%s)", _news(notice), reason(error))
                await notices.rest(notice, _REST)
                return
            await notices.note_refused(notice, channel)
            if notices.channel_of(notice._replace(refused=(*notice.refused, channel))) is None:
                _log.warning("could not tell anybody that %s (%s)", _news(notice), reason(error))
            return
        await notices.note_told(notice, channel)

    async def _send(self, due: DueNotice, notice: Notice) -> None:
        if due.channel == "dm" and notice.person is not None:
            place: discord.abc.Messageable = await self._bot.create_dm(discord.Object(notice.person))
            language, mentions = self._languages.language_of(notice.person), mentions_of(self._bot)
        else:
            place = self._bot.get_partial_messageable(self._service.guard.access.operators_channel or 0)
            language, mentions = english(), None
        content = notice_message(language, due)
        await send(place, content, mentions, nonce=f"{notice.id}-{due.channel}")


def _news(notice: Notice) -> str:
    return f"the login to {notice.login} {_HAPPENED[notice.about]}"
