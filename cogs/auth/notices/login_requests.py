"""Writes in a thread which login its agents need, and in the same message who logged in."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import discord

from openab_auth.cogs.auth.connections import HostBot
from openab_auth.cogs.auth.replies import LOST, ReplyContent, amend, reason, send
from openab_auth.cogs.auth.service import AuthService, DueRequest
from openab_auth.cogs.auth.text import Language, english, language_of_guild, title_meant
from openab_auth.cogs.auth.views import answered_request, request_message, unanswered_request
from openab_auth.oauth.http import awake_timeout
from openab_auth.storage import LoginRequest, RequestMessage
from openab_auth.storage.errors import words_of

_INTERVAL: Final = 1.0  # seconds between two looks at the store; without requests, each costs one `stat`
_DEADLINE: Final = 45.0  # seconds for one message, with the pauses that Discord asks for
_REST: Final = 15.0  # seconds after Discord could not be reached
_LONG_REST: Final = 900.0  # seconds after Discord refused the message
_TOO_MANY: Final = 429
_MOST_AT_ONCE: Final = 16
_log: Final = logging.getLogger(__name__)


class LoginRequests:
    """Writes the messages about requests while this bot has the lease of its Discord application.

    The store says which messages are written, for all bots.
    """

    def __init__(self, bot: HostBot, service: AuthService) -> None:
        self._bot = bot
        self._service = service
        self._watching: asyncio.Task[None] | None = None
        self._working: dict[str, asyncio.Task[None]] = {}
        self._free = asyncio.Semaphore(_MOST_AT_ONCE)
        self._told = ""

    def start(self) -> None:
        """Start to look for requests, if that has not started yet."""
        if self._watching is None and self._service.guard.access.writes_requests:
            self._watching = asyncio.create_task(self._watch(), name="login requests")

    async def aclose(self) -> None:
        """Stop; what was claimed is written by another bot, or by this one after its next start."""
        tasks = [*self._working.values(), *((self._watching,) if self._watching else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        told = ""
        while True:
            try:
                if self._service.posting.is_held:  # otherwise another bot of this application looks
                    await self._look()
                told = ""
            except Exception as error:  # noqa: BLE001 - the next look may succeed
                if told != (told := words_of(error)):
                    _log.warning("could not look for logins that agents ask for: %s", told)
            await self._service.posting.pause(_INTERVAL)

    async def _look(self) -> None:
        application = self._bot.application_id
        for due in await self._service.requests.due(application) if application is not None else ():
            if due.request.id not in self._working:
                self._begin(due)

    def _begin(self, due: DueRequest) -> None:
        task = asyncio.create_task(self._try(due), name=f"request {due.request.id}")
        self._working[due.request.id] = task
        task.add_done_callback(lambda _: self._working.pop(due.request.id, None))

    async def _try(self, due: DueRequest) -> None:
        try:
            async with self._free:
                await (self._write(due) if due.due == "write" else self._end(due))
            self._told = ""
        except Exception as error:  # noqa: BLE001 - the other threads must get their messages, too
            if self._told != (told := words_of(error)):
                _log.error("the message about a login request could not be written (%s)", told)
            self._told = told
            await asyncio.sleep(_REST)  # the request counts as being worked on meanwhile

    async def _write(self, due: DueRequest) -> None:
        """Write the message, or put a new reason into it; where the thread refuses it, into the operators' channel."""
        request, requests = due.request, self._service.requests
        if not await requests.claim(request):
            return
        trouble, rest = "", _REST
        for channel in (request.message.channel,) if request.message else self._places(request):
            elsewhere = channel != request.thread
            title, limited = await self._title(due, elsewhere=elsewhere), await self._limited(due)
            content = request_message(self._language(due), request, title, limited, elsewhere=elsewhere)
            if not self._service.posting.is_held:  # this bot stood still; another one writes when the claim ends
                return
            try:
                async with awake_timeout(_DEADLINE):
                    message = await self._put(request, channel, content)
            except (*LOST, TimeoutError) as error:
                trouble = reason(error)
                if trouble != request.trouble:  # otherwise an outage would fill the log
                    _log.warning("a login request in thread %s could not be written (%s)", request.thread, trouble)
                if not _is_refused(error):
                    break
                if request.message is not None:  # gone, archived, not ours or out of reach: people need another one
                    await requests.note_lost_message(request)
                    return
                rest = _LONG_REST
                continue
            await requests.note_message(request, RequestMessage(channel, message, request.reason), trouble)
            return
        await requests.note_trouble(request, trouble, rest)

    def _places(self, request: LoginRequest) -> tuple[int, ...]:
        operators = self._service.guard.access.operators_channel
        return (request.thread,) if operators is None else (request.thread, operators)

    async def _put(self, request: LoginRequest, channel: int, content: ReplyContent) -> int:
        """Send the message, or edit the one that is there; return its id."""
        place = self._bot.get_partial_messageable(channel)
        if request.message is not None:
            await amend(place.get_partial_message(request.message.message), content)
            return request.message.message
        return (await send(place, content, nonce=request.id)).id

    async def _end(self, due: DueRequest) -> None:
        """Say in the message how the request has ended, then end it. What Discord refuses is left as it is."""
        request, requests = due.request, self._service.requests
        if request.message is not None:
            if not await requests.claim(request):
                return  # another bot edits this message now
            language, elsewhere = self._language(due), request.message.channel != request.thread
            title = await self._title(due, elsewhere=elsewhere)
            is_there = due.due == "answered"
            content = answered_request(language, title, due.by) if is_there else unanswered_request(language, title)
            try:
                async with awake_timeout(_DEADLINE):
                    await self._put(request, request.message.channel, content)
            except (*LOST, TimeoutError) as error:
                trouble = reason(error)
                if trouble != request.trouble:
                    _log.warning("a login request in thread %s could not be ended (%s)", request.thread, trouble)
                if not _is_refused(error):
                    await requests.note_trouble(request, trouble, _REST)
                    return
        await requests.end(request)

    def _language(self, due: DueRequest) -> Language:
        guild = None if due.thread.guild is None else self._bot.get_guild(due.thread.guild)
        return language_of_guild(guild)

    async def _title(self, due: DueRequest, *, elsewhere: bool) -> str:
        language = english() if elsewhere else self._language(due)
        return title_meant(language, await self._service.catalogue(), due.request.name)

    async def _limited(self, due: DueRequest) -> tuple[tuple[str, int], ...]:
        """Return the title of each limited account, and the end of its limit."""
        catalogue, language = await self._service.catalogue(), self._language(due)
        return tuple((title_meant(language, catalogue, login), until) for login, until in due.limited)


def _is_refused(error: BaseException) -> bool:
    """Return whether Discord will refuse this message later, too. In an archived thread it refuses each edit."""
    return isinstance(error, discord.HTTPException) and error.status // 100 == 4 and error.status != _TOO_MANY  # noqa: PLR2004 - 4xx
