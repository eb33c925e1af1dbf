"""Wires the floors together and keeps the bot up: store, vendors, driver, service, client."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import discord

from bot.client import AuthBot, point_discord_at
from cogs.auth.service import AuthService, open_service
from cogs.auth.settings import DiscordSettings, read_settings
from oauth.config import Config
from oauth.errors import ConfigError

_log = logging.getLogger(__name__)
_FINISH_WORK = 7.0  # seconds for logins under way when told to stop
_CLOSE_CLIENT = 2.0  # seconds for the gateway to say goodbye; together under the 10 s that operators are promised


async def run_bot(config: Config, location: str, environ: Mapping[str, str]) -> None:
    """Be the bot until SIGTERM or SIGINT, then finish the work in flight and close the store, within 10 s.

    Raises:
        ConfigError: there is no bot token, Discord refuses it, or another setting is wrong.
        StorageError: the store cannot be opened.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with running_bot(config, location, environ) as lost:
            await _first(asyncio.ensure_future(stop.wait()), lost)
            _log.info("stopping")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def running_bot(config: Config, location: str, environ: Mapping[str, str]) -> AsyncIterator[asyncio.Task[None]]:
    """The real bot while the block runs; what it yields ends only if the bot itself can go no further.

    Raises:
        ConfigError: as `run_bot`.
    """
    settings = read_settings(config, environ)
    if settings.bot_token is None:
        reason = "is missing; set DISCORD_TOKEN or bot_token, or try `openab-auth playground`, which needs none"
        raise ConfigError(config.file or "the environment", (("discord.bot_token", reason),))
    service = open_service(config, location, settings, environ=environ, clock=time.time)
    await point_discord_at(settings.api_base)
    client = AuthBot(settings, service)
    task = asyncio.create_task(_connect(client, settings, config), name="discord client")
    try:
        await _first(asyncio.ensure_future(client.connected.wait()), task)
        yield task
    finally:
        await _stop(client, service, task)


async def _connect(client: AuthBot, settings: DiscordSettings, config: Config) -> None:
    """Log in and stay connected; discord.py reconnects by itself, so what ends this is final."""
    assert settings.bot_token is not None  # noqa: S101 - `running_bot` has refused that
    try:
        await client.start(settings.bot_token.reveal())
    except discord.LoginFailure as error:
        reason = "Discord refuses this token; copy it anew from the Bot page of Discord's developer portal"
        raise ConfigError(config.file or "the environment", (("discord.bot_token", reason),)) from error
    except (aiohttp.ClientError, OSError, discord.HTTPException) as error:
        reason = f"no usable answer from {settings.api_base} ({type(error).__name__})"
        raise ConfigError(config.file or "the environment", (("discord.api_base", reason),)) from error


async def _stop(client: AuthBot, service: AuthService, task: asyncio.Task[None]) -> None:
    """First the work of people who wait for an answer, then the connection that the answer goes through."""
    try:
        async with asyncio.timeout(_FINISH_WORK):
            await service.aclose()
    except TimeoutError:
        _log.warning("a login was still under way when the bot stopped; it has to be begun again")
    try:
        async with asyncio.timeout(_CLOSE_CLIENT):
            await client.close()
    except TimeoutError:
        _log.warning("Discord did not say goodbye in time")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _first(wanted: asyncio.Future[object], other: asyncio.Future[None]) -> None:
    """Wait for `wanted`; if `other` ends first, raise what it ended with."""
    await asyncio.wait((wanted, other), return_when=asyncio.FIRST_COMPLETED)
    if not wanted.done():
        wanted.cancel()
    if other.done():
        other.result()
