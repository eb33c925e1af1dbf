"""Tells the store what the bot sees of each thread: its guild, its parent channel, and the person who started it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import discord

from openab_auth.cogs.auth.guard import caller_of
from openab_auth.cogs.auth.replies import LOST, reason
from openab_auth.cogs.auth.service import Threads
from openab_auth.oauth.http import awake_timeout
from openab_auth.storage import SeenThread, ThreadId
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError

_DEADLINE = 5.0  # seconds for Discord's answers
_log = logging.getLogger(__name__)


class SeenThreads:
    """Learns threads from interactions and events. A failure is logged: the thread then has no record, or no owner."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    async def learn(self, interaction: discord.Interaction) -> None:
        """Store where an interaction comes from.

        Everybody can bring the bot to a server that has not installed it. What happens there is stored only for people
        who may use `/auth`: a stranger's many threads would push those of others out of the store.
        """
        channel, client = interaction.channel, interaction.client
        is_foreign = interaction.guild_id is not None and not interaction.is_guild_integration()
        if channel is None or (is_foreign and not self._threads.admits(caller_of(interaction))):
            return
        if isinstance(channel, discord.Thread):
            await self.learn_thread(client, channel, interaction.application_id)
            return
        is_dm = isinstance(channel, discord.DMChannel) and interaction.context.dm_channel
        if interaction.guild_id is not None or is_dm:  # another private channel is no place for agents
            owner = UserId(interaction.user.id) if is_dm else None
            seen = SeenThread(interaction.application_id, interaction.guild_id, None, owner)
            await self._store({ThreadId(channel.id): seen})

    async def learn_thread(self, client: discord.Client, thread: discord.Thread, application: int) -> None:
        """Store a thread; its owner is looked up only once."""
        try:
            known = await self._threads.known(ThreadId(thread.id))
        except OpenabAuthError as error:
            _log.warning("a thread could not be recorded: %s", error)
            return
        owner = known.owner if known else None
        if owner is None:
            owner = await _owner(client, thread)
        await self._store({ThreadId(thread.id): _seen(thread, application)._replace(owner=owner)})

    async def learn_all(self, client: discord.Client, threads: Sequence[discord.Thread], application: int) -> None:
        """Store threads at once, then look up the owner of each, the latest first: its agents may be waiting."""
        latest = sorted(threads, key=lambda thread: thread.id, reverse=True)
        await self._store({ThreadId(thread.id): _seen(thread, application) for thread in latest})
        for thread in latest:
            await self.learn_thread(client, thread, application)

    async def forget(self, thread: int) -> None:
        """Forget a thread that was deleted."""
        try:
            await self._threads.forget(ThreadId(thread))
        except OpenabAuthError as error:
            _log.warning("a deleted thread could not be forgotten: %s", error)

    async def store_policies(self, application: int | None) -> None:
        """Store the bot's policies."""
        try:
            if application is not None:
                await self._threads.store_policies(application)
        except OpenabAuthError as error:
            _log.warning("the policies could not be stored: %s", error)

    async def _store(self, seen: Mapping[ThreadId, SeenThread]) -> None:
        try:
            await self._threads.store(seen)
        except OpenabAuthError as error:
            _log.warning("threads could not be recorded: %s", error)


def _seen(thread: discord.Thread, application: int) -> SeenThread:
    return SeenThread(application, thread.guild.id, thread.parent_id)


async def _owner(client: discord.Client, thread: discord.Thread) -> UserId | None:
    """Return who started a thread: where a bot opened it from a message, the author of that message."""
    try:
        async with awake_timeout(_DEADLINE):
            if client.user is not None and thread.owner_id != client.user.id:
                starter = client.get_user(thread.owner_id) or await client.fetch_user(thread.owner_id)
                if not starter.bot:
                    return UserId(thread.owner_id)
            # The message lies in the parent channel; that of a forum's post lies in the thread itself.
            for channel in (thread.parent_id, thread.id):
                try:
                    message = await client.get_partial_messageable(channel).fetch_message(thread.id)
                except (discord.NotFound, discord.Forbidden):
                    continue
                return None if message.author.bot else UserId(message.author.id)
    except (TimeoutError, *LOST, discord.DiscordException) as error:
        _log.warning("Discord did not tell who started the thread %s (%s)", thread.id, reason(error))
    return None
