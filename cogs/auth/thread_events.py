"""Follows the threads that the bot can see, so that the store knows where each is and who started it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import discord

from openab_auth.cogs.auth.connections import HostBot
from openab_auth.cogs.auth.seen_threads import SeenThreads

_log = logging.getLogger(__name__)


class ThreadEvents:
    """Listens to the gateway from `start` to `aclose`."""

    def __init__(self, bot: HostBot, seen: SeenThreads) -> None:
        self._bot = bot
        self._seen = seen
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: Mapping[str, Callable[..., Coroutine[Any, Any, None]]] = {
            "on_guild_available": self._on_guild,
            "on_guild_join": self._on_guild,
            "on_thread_create": self._on_thread,
            "on_thread_join": self._on_thread,  # also a thread that leaves the archive
            "on_raw_thread_delete": self._on_delete,
        }

    async def start(self) -> None:
        """Listen. A bot that is connected already knows its threads: look at these, too, on each shard."""
        for name, listener in self._listeners.items():
            self._bot.add_listener(listener, name)
        for guild in self._bot.guilds:
            await self._on_guild(guild)

    async def aclose(self) -> None:
        """Listen no longer, and stop looking for owners."""
        for name, listener in self._listeners.items():
            self._bot.remove_listener(listener, name)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _on_guild(self, guild: discord.Guild) -> None:
        """Learn the threads that were there before the bot, or that came while it was away."""
        if self._bot.application_id is not None and guild.threads:
            self._begin(self._seen.learn_all(self._bot, guild.threads, self._bot.application_id))

    async def _on_thread(self, thread: discord.Thread) -> None:
        if self._bot.application_id is not None:
            self._begin(self._seen.learn_thread(self._bot, thread, self._bot.application_id))

    async def _on_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        self._begin(self._seen.forget(payload.thread_id))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("threads could not be recorded", exc_info=error)
