"""Takes pastes that people send to the bot as direct messages."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace
from typing import Final

import discord

from openab_auth.cogs.auth.connections import HostBot, serves_all_shards
from openab_auth.cogs.auth.front_desk import FrontDesk
from openab_auth.cogs.auth.guard import AccessDeniedError, DirectMessageRefusedError, RateLimit, author_of
from openab_auth.cogs.auth.replies import LOST, Button, ReplyContent, mentions_of, reason, send
from openab_auth.cogs.auth.text import LINES, Language, SpokenLanguages, described
from openab_auth.cogs.auth.views import failure_message, ways_to_access
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import StorageError

# Every part has a bounded length, so the search takes linear time.
_PASTE: Final = re.compile(r"(?i)\b(?:code|state|error)=|://|localhost[:/]|\bsk-|\bey[\w-]{20}|[\w.~-]{8}#[\w.~-]{8}")
_BETWEEN_HINTS: Final = 3600.0  # seconds; chat gets one answer for each person in this time
_AFTER_OTHERS: Final = 1.5  # seconds
_log = logging.getLogger(__name__)


def looks_like_paste(text: str) -> bool:
    """Return whether a message looks like a paste: an address, its query, `code#state`, or a token to be refused."""
    return _PASTE.search(text) is not None


class DirectMessages:
    """Answers pastes, and answers chat once an hour: with a hint, or with whom to ask for access."""

    def __init__(self, bot: HostBot, desk: FrontDesk, languages: SpokenLanguages) -> None:
        self._bot = bot
        self._desk = desk
        self._languages = languages
        self._hints = RateLimit(desk.service.clock, limit=1, window=_BETWEEN_HINTS)

    async def hear(self, message: discord.Message) -> None:
        """Take `message` as a paste if it looks like one; anything else, also a picture, is chat. Never raises."""
        if message.guild is not None or message.author.bot or message.webhook_id is not None or message.is_system():
            return
        guard = self._desk.service.guard
        if not (guard.hears(author_of(message)) and guard.takes(message)):
            return
        language = self._languages.language_of(UserId(message.author.id))
        text, pastes = message.content, self._desk.pastes
        if looks_like_paste(text) or await pastes.expects_key(author_of(message), text):
            if not await self._was_taken_elsewhere(UserId(message.author.id)):
                await self._paste(message, language)
        elif not (await self._bot.get_context(message)).valid:
            await self._chat(message, language)

    async def _was_taken_elsewhere(self, person: UserId) -> bool:
        """Return whether another process of this bot has taken a paste: Discord sends a message to each of them.

        The one with the lease goes first. Afterwards no login waits, unless that process is gone or the paste is wrong.
        """
        service = self._desk.service
        if not (service.posting.is_elsewhere and serves_all_shards(self._bot)):
            return False
        await asyncio.sleep(_AFTER_OTHERS)
        try:
            return not await service.still_waiting(person)
        except StorageError:
            return False

    async def _paste(self, message: discord.Message, language: Language) -> None:
        async def tell(told: ReplyContent | None) -> None:
            told = told or ReplyContent(language.say("dm-card"))
            await self._say(message, replace(told, content=LINES.join([told.content, language.say("dm-delete-paste")])))

        try:
            self._desk.service.guard.begin_work()
            await self._desk.pastes.from_message(author_of(message), language, message.content, tell)
        except Exception as error:  # noqa: BLE001 - nobody above would tell the person
            await tell(failure_message(language, error, "a paste in a DM"))

    async def _chat(self, message: discord.Message, language: Language) -> None:
        caller = author_of(message)
        if self._hints.is_reached(caller.user):
            return
        buttons: tuple[Button, ...] = ()
        try:
            async with self._desk.service.guard.request(caller, "read"):
                told = language.say("dm-hint")
        except DirectMessageRefusedError:
            return  # a host bot may have its own use for direct messages
        except AccessDeniedError as refusal:
            happened, _, todo = described(language, refusal)
            told = language.say("help-not-allowed", happened=happened, next=todo)
            buttons = ways_to_access(language, refusal)
        self._hints.count(caller.user)
        await self._say(message, ReplyContent(told, buttons))

    async def _say(self, message: discord.Message, told: ReplyContent) -> None:
        try:
            # Where two processes answer one message, Discord shows the first answer alone.
            await send(message.channel, told, mentions_of(self._bot), nonce=str(message.id))
        except LOST as error:
            _log.warning("a direct message could not be sent (%s)", reason(error))
