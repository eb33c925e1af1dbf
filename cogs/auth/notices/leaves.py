"""Sees that a person has left: tells the operators, or ends everything that the person has (`[auth] on_leave`).

Discord reports a leave once, to bots that have the server members intent. A leave while no bot runs is not seen.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

import discord

from openab_auth.cogs.auth.connections import HostBot
from openab_auth.cogs.auth.guard import ClosingError
from openab_auth.cogs.auth.replies import LOST, mentions_of, reason, send
from openab_auth.cogs.auth.service import AuthService, Leave
from openab_auth.cogs.auth.text import Language, SpokenLanguages, english, title_meant
from openab_auth.cogs.auth.views import leave_message, report
from openab_auth.oauth.http import awake_timeout
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import words_of

_DEADLINE: Final = 10.0  # seconds for Discord's answer about one server
_GONE: Final = frozenset({10007, 10013})  # Discord's codes: the server has no such member, or the user is deleted
_EVENT: Final = "on_raw_member_remove"  # the other event needs the person in the cache
_NO_INTENT: Final = (
    "[auth] on_leave cannot work: this bot does not ask Discord for the server members intent; set "
    "discord.Intents.members, and switch the intent on on the Bot page of Discord's developer portal"
)
_NOBODY_TO_TELL: Final = (
    "[auth] on_leave can tell nobody: list operators in [discord] operators, or name [discord] operators_channel"
)
_log = logging.getLogger(__name__)


class Leaves:
    """Listens for people who leave, if the config says so. A person who is in another server of the bot stays."""

    def __init__(self, bot: HostBot, service: AuthService, languages: SpokenLanguages) -> None:
        self._bot = bot
        self._service = service
        self._languages = languages

    def start(self) -> None:
        """Listen from now on; log why that cannot work if it cannot."""
        if self._service.people.on_leave is None:
            return
        if not self._bot.intents.members:
            _log.error(_NO_INTENT)
            return
        if not self._service.guard.access.can_tell_operators:
            _log.warning(_NOBODY_TO_TELL)
        self._bot.add_listener(self.hear, _EVENT)

    def stop(self) -> None:
        """Listen no more."""
        self._bot.remove_listener(self.hear, _EVENT)

    async def hear(self, event: discord.RawMemberRemoveEvent) -> None:
        """Handle a person who left one server, also by a kick or a ban. Never raises."""
        person = UserId(event.user.id)
        if event.user.bot:
            return
        try:
            self._service.guard.begin_work()
            await self._handle(person, event.guild_id)
        except ClosingError:
            _log.warning("%s left while the bot stops: nothing was done about their logins", person)
        except Exception as error:  # noqa: BLE001 - nobody above would tell the operator
            _log.error("%s left, and nothing was done about their logins: %s", person, words_of(error))

    async def _handle(self, person: UserId, guild: int) -> None:
        held = await self._service.people.holdings(person)
        if (held.is_nothing and not held.made) or await self._is_still_there(person, guild):
            return
        leave = await self._service.people.take_leave(person)
        if leave is None:
            return
        if leave.error is not None:
            report(f"the logins of {person}, who has left, could not be ended", str(leave.error))
        told = await self._tell(leave, guild)
        if not told:
            _log.warning("%s has left with logins here, and no operator could be told", person)
        await self._service.people.record_told(leave, told=told)

    async def _is_still_there(self, person: UserId, left: int) -> bool:
        """Return whether the person is in a server of the bot, or may be because Discord did not answer."""
        try:
            guilds = {left, *await self._guilds()}
            for guild in sorted(guilds, key=lambda each: each != left):  # they may be back already
                if await self._is_member(person, guild):
                    return True
        except (TimeoutError, *LOST, discord.DiscordException) as error:
            _log.warning(
                "%s left a server, and Discord did not tell whether they are in another one (%s); nothing was done; "
                "`openab-auth logout --user %s` ends their logins",
                *(person, reason(error), person),
            )
            return True
        return False

    async def _guilds(self) -> set[int]:
        """Return the ids of the bot's servers. The cache lacks those of other shards, or all of them.

        Raises:
            HTTPException, DiscordException, ClientError, OSError, TimeoutError: Discord did not tell.
        """
        async with awake_timeout(_DEADLINE):
            fetched = {guild.id async for guild in self._bot.fetch_guilds(limit=None, with_counts=False)}
        return {*fetched, *(guild.id for guild in self._bot.guilds)}

    async def _is_member(self, person: UserId, guild: int) -> bool:
        """Ask Discord whether the person is in a server.

        Raises:
            HTTPException, DiscordException, ClientError, OSError, TimeoutError: Discord did not tell.
        """
        try:
            async with awake_timeout(_DEADLINE):
                there = self._bot.get_guild(guild) or await self._bot.fetch_guild(guild, with_counts=False)
                await there.fetch_member(person)
        except discord.NotFound as error:
            if error.code in _GONE:
                return False
            raise
        return True

    # Telling the operators

    async def _tell(self, leave: Leave, guild: int) -> bool:
        """Write to the operators' channel, otherwise to each operator; return whether a message arrived."""
        access = self._service.guard.access
        if access.operators_channel is not None:
            channel = self._bot.get_partial_messageable(access.operators_channel)
            return await self._send(channel, leave, guild, english())
        told = [await self._tell_operator(operator, leave, guild) for operator in self._people(guild)]
        return any(told)

    def _people(self, guild: int) -> Iterable[int]:
        """Return the operators for this server without the roles, whose members Discord does not list here."""
        roles = {role.id for each in self._bot.guilds for role in each.roles}
        return sorted(self._service.guard.access.operators_in(guild) - roles)

    async def _tell_operator(self, operator: int, leave: Leave, guild: int) -> bool:
        language = self._languages.language_of(UserId(operator))
        try:
            channel = await self._bot.create_dm(discord.Object(operator))
        except LOST as error:
            _log.warning("the operator %s could not be told that somebody has left (%s)", operator, reason(error))
            return False
        return await self._send(channel, leave, guild, language)

    async def _send(self, channel: discord.abc.Messageable, leave: Leave, guild: int, language: Language) -> bool:
        known, catalogue = self._bot.get_guild(guild), await self._service.catalogue()
        made = [title_meant(language, catalogue, tenant) for tenant in leave.held.made]
        message = leave_message(language, leave, known.name if known else str(guild), made)
        try:
            await send(channel, message, mentions_of(self._bot))
        except LOST as error:
            _log.warning("the operators could not be told that somebody has left (%s)", reason(error))
            return False
        return True
