"""The discord.py client: its intents, its cog, and the address of the Discord that it uses."""

from __future__ import annotations

import asyncio
import logging

import discord
import yarl
from discord.ext import commands

from openab_auth.bot.errors import DiscordUnavailableError
from openab_auth.bot.proxy import Proxy
from openab_auth.bot.shards import ask_discord
from openab_auth.bot.sync import done_in_time, sync_if_changed
from openab_auth.cogs.auth import DISCORD_API, Auth, AuthService, DiscordSettings, closed_shards

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # this bot never speaks
_log = logging.getLogger(__name__)


class AuthBot(commands.Bot):
    """A bot with the /auth commands and nothing else; only `[auth] on_leave` needs a privileged intent."""

    def __init__(
        self, settings: DiscordSettings, service: AuthService, proxy: Proxy | None = None, shards: int | None = None
    ) -> None:
        intents = discord.Intents.none()
        intents.guilds = True
        intents.dm_messages = settings.allow_dm  # a paste sent as a DM; its content comes without a privileged intent
        intents.members = service.people.on_leave is not None
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,  # pastes are not kept in memory
            member_cache_flags=discord.MemberCacheFlags.none(),  # a leave needs no list of all members
            chunk_guilds_at_startup=False,
            shard_count=shards,
            proxy=proxy.address if proxy else None,
            proxy_auth=proxy.auth if proxy else None,
        )
        self._settings = settings
        self._service = service
        self._registration: asyncio.Task[bool] | None = None
        self._closing: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()
        """Set when Discord has sent READY; from then on, people can use the commands."""

    async def setup_hook(self) -> None:
        """Load the cog, and register its commands if they have changed; people wait only a moment for that."""
        await self.add_cog(Auth(self, self._service))
        self._registration = asyncio.create_task(sync_if_changed(self.tree, self._settings.guild_ids))
        if not await done_in_time(self._registration):
            self._registration.add_done_callback(self._close_if_refused)

    def _close_if_refused(self, registration: asyncio.Task[bool]) -> None:
        """End the bot as at its start, because people could use no command."""
        if not registration.cancelled() and registration.exception():
            self._closing = asyncio.create_task(self.close())

    async def start(self, token: str, *, reconnect: bool = True) -> None:
        """Log in and stay connected until the bot is closed; fail if Discord refused its commands meanwhile."""
        await super().start(token, reconnect=reconnect)
        if self._closing is not None and self._registration is not None:
            self._registration.result()

    async def close(self) -> None:
        """Close the connection, and register no more commands."""
        if self._registration is not None:
            self._registration.cancel()
        await super().close()

    def is_connected(self) -> bool:
        """Return whether every connection to the gateway is open now; discord.py opens a lost one again."""
        return self.connected.is_set() and not closed_shards(self)

    async def on_connect(self) -> None:
        """Log that people can use the bot now; `on_ready` would wait 2 s longer, for guilds that no command needs."""
        self.connected.set()
        _log.info("logged in to Discord as %s", self.user)


class ShardedAuthBot(AuthBot, commands.AutoShardedBot):
    """The same bot with several connections; each serves a part of the servers, and the first one direct messages."""

    async def on_shard_connect(self, shard: int) -> None:
        """Log which part of the servers can use the bot now: Discord lets one shard begin every 5 seconds."""
        _log.info("shard %s of %s is connected", shard + 1, self.shard_count)


def new_bot(settings: DiscordSettings, service: AuthService, proxy: Proxy | None, shards: int) -> AuthBot:
    """Return the bot for this number of shards."""
    if shards == 1:
        return AuthBot(settings, service, proxy)
    return ShardedAuthBot(settings, service, proxy, shards)


async def point_discord_at(api_base: str, proxy: Proxy | None = None) -> None:
    """Make discord.py use the Discord at `api_base`, and the gateway that `GET /gateway` names there.

    discord.py keeps both addresses on classes, so this holds for the whole process. The real Discord needs no call.

    Raises:
        DiscordUnavailableError: no server there answers as Discord does.
        DiscordRefusedError: it refuses, in its own words.
    """
    if api_base == DISCORD_API:
        return
    discord.http.Route.BASE = api_base
    reply = await ask_discord(api_base, "/gateway", proxy) or {}
    try:
        gateway = yarl.URL(str(reply["url"]))
    except (ValueError, LookupError) as error:
        raise DiscordUnavailableError(api_base, type(error).__name__, str(proxy) if proxy else "") from error
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway
