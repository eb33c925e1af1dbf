"""Ask for logins on behalf of agents that run in the process of the bot."""

from __future__ import annotations

import discord

from openab_auth.cogs.auth.seen_threads import SeenThreads
from openab_auth.cogs.auth.service import AuthService
from openab_auth.oauth.requests import Asked
from openab_auth.storage import ThreadId


class AgentRequests:
    """Asks in a thread, as `openab-auth request` does from another process."""

    def __init__(self, client: discord.Client, service: AuthService, seen: SeenThreads) -> None:
        self._client = client
        self._service = service
        self._seen = seen

    async def ask(self, thread: discord.Thread, account: str, reason: str) -> Asked:
        """Ask for a login; raise the errors of `LoginRequests.ask`."""
        await self._learn(thread)
        return await self._service.requests.of_thread(ThreadId(thread.id)).ask(account, reason)

    async def wait(self, thread: discord.Thread, account: str, seconds: float) -> bool:
        """Return whether agents in the thread can use the login within `seconds`; raise the errors of `ask`."""
        await self._learn(thread)
        return await self._service.requests.of_thread(ThreadId(thread.id)).wait(account, seconds)

    async def _learn(self, thread: discord.Thread) -> None:
        """Store a thread that is new to the bot. A known one costs Discord nothing, however often its agents ask."""
        if self._client.application_id is not None and await self._service.threads.known(ThreadId(thread.id)) is None:
            await self._seen.learn_thread(self._client, thread, self._client.application_id)
