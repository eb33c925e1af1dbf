"""Start the bot from a config, keep it running, and stop it cleanly."""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import discord

from openab_auth.bot.client import AuthBot, new_bot, point_discord_at
from openab_auth.bot.proxy import Proxy, find_proxy
from openab_auth.bot.refresh_ahead import RefreshAhead, open_refresh_ahead
from openab_auth.bot.refusals import failure_of
from openab_auth.bot.reload import BotReload, token_of
from openab_auth.bot.service import Service
from openab_auth.bot.shards import ask_shards
from openab_auth.cogs.auth import AuthService, DiscordSettings, open_service, read_settings
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import ConfigError, NetworkVariableError
from openab_auth.oauth.http import awake_timeout, check_environment
from openab_auth.oauth.runtime import Runtime
from openab_auth.storage import StoreLocation

if TYPE_CHECKING:
    from openab_auth.bot.metrics.registry import Metrics

_log = logging.getLogger(__name__)
_FINISH_WORK = 8.5  # seconds for the logins in progress at a stop: one request to a vendor, and its commit
_CLOSE_CLIENT = 1.0  # seconds for the gateway to close; both together stay under the promised 10 s
_AUTHENTICATION_FAILED = 4004  # the gateway's close code for a token that was reset while the bot ran
_REFUSED_TOKEN = (
    "discord.bot_token",
    "Discord refuses this token; copy it again from the Bot page of Discord's developer portal",
)
_NO_MEMBERS_INTENT = (
    "auth.on_leave",
    (
        "needs the server members intent, which is off; "
        "switch on Server Members Intent on the Bot page of Discord's developer portal"
    ),
)


class RunningBot(NamedTuple):
    """A bot that is connected: `task` ends only if it cannot continue, and `reload` reads its config again."""

    task: asyncio.Task[None]
    reload: BotReload


async def run_bot(
    config: Config, location: str | StoreLocation, environ: Mapping[str, str], service: Service | None = None
) -> None:
    """Run the bot until SIGTERM or SIGINT; then finish the work in flight and close the store, within 10 s.

    SIGHUP reloads the config.

    Raises:
        ConfigError: there is no bot token, Discord refuses it or an intent, or another setting is wrong.
        DiscordUnavailableError, DiscordQuotaError: Discord gives no usable answer, or takes no new commands today.
        DiscordSessionsError: the bot has started so often today that Discord lets it start no more.
        DiscordRefusedError: Discord refuses the bot, in its own words.
        StorageError: the store cannot be opened, or not be written.
    """
    service = service or Service()
    with service.signals():
        stopped = asyncio.create_task(service.stop.wait())
        try:
            async with AsyncExitStack() as stack:
                stack.push_async_callback(service.aclose)
                starting = asyncio.create_task(stack.enter_async_context(running_bot(config, location, environ)))
                await _first(stopped, starting)
                if starting.done():
                    bot = starting.result()
                    await service.ready("connected to Discord", bot.reload, lambda: not bot.task.done())
                    await _first(stopped, bot.task)
                    _raise_if_lost(bot.task)
                else:  # a signal came before Discord had answered
                    starting.cancel()
                    await asyncio.wait((starting,))
                await service.stopping()
        finally:
            stopped.cancel()


@asynccontextmanager
async def running_bot(
    config: Config, location: str | StoreLocation, environ: Mapping[str, str]
) -> AsyncIterator[RunningBot]:
    """Run the bot during the block.

    Raises:
        OpenabAuthError: as `run_bot`.
    """
    settings = read_settings(config, environ)
    token = token_of(config, settings)
    proxy = find_proxy(settings, environ)
    metrics = None
    if config.bot.health is not None:
        from openab_auth.bot.metrics.serving import open_metrics  # noqa: PLC0415 - few bots are watched

        metrics = open_metrics("bot.health", config.file)
    runtime = Runtime.open(config, location, environ, observer=metrics)
    for problem in runtime.catalogue.problems:
        _log.warning("%s; %s", problem.what, problem.repair)
    await runtime.store.check_writable()  # otherwise every person who logs in would find it out
    catalogue = await runtime.load_catalogue()
    await asyncio.to_thread(catalogue.offered)  # reads the secrets of installed apps now, not while people wait
    for name in config.auth.vendors or ():
        if refused := catalogue.refusal(name):
            _log.warning("%s; %s", refused.happened, refused.todo)
    service = open_service(runtime, settings, observer=metrics)
    _tell_start(config, runtime, service)
    ahead = open_refresh_ahead(config, runtime)
    try:
        await asyncio.to_thread(check_environment, environ)
    except NetworkVariableError as error:  # people can still see the state of their logins, and log out
        _log.error("nobody can log an agent in: %s", error)
    await point_discord_at(settings.api_base, proxy)
    shards = await ask_shards(settings.api_base, token, proxy)
    client = new_bot(settings, service, proxy, shards)
    async with _answering_probes(config, metrics, client, runtime, ahead):
        task = asyncio.create_task(_connect(client, settings, config, proxy), name="discord client")
        connected = asyncio.create_task(client.connected.wait())
        try:
            await _first(connected, task)
            _raise_if_lost(task)
            if ahead is not None:
                ahead.start()
            yield RunningBot(task, BotReload(config, settings, environ, runtime, service, client))
        finally:
            connected.cancel()
            await _stop(client, runtime, service, ahead, task)


@asynccontextmanager
async def _answering_probes(
    config: Config, metrics: Metrics | None, client: AuthBot, runtime: Runtime, ahead: RefreshAhead | None
) -> AsyncIterator[None]:
    """Answer probes and scrapes during the block, if the config has an address for them.

    Raises:
        HealthAddressError: the system refuses the address.
    """
    if config.bot.health is None or metrics is None:
        yield
        return
    from openab_auth.bot.health.checks import gateway_check, refresh_ahead_check, store_check  # noqa: PLC0415
    from openab_auth.bot.metrics.serving import serving  # noqa: PLC0415 - few bots are watched

    checks = [gateway_check(client.is_connected), store_check(runtime.store)]
    if ahead is not None:
        checks.append(refresh_ahead_check(ahead.silence))
    async with serving(config.bot.health, metrics, runtime, checks) as url:
        _log.info("probes are answered at %s", url)
        yield


def _tell_start(config: Config, runtime: Runtime, service: AuthService) -> None:
    """Log in one line what an operator asks first when something is wrong."""
    try:
        version = importlib.metadata.version("openab-auth")
    except importlib.metadata.PackageNotFoundError:
        version = "(a checkout that is not installed)"
    where = f"config {config.file}" if config.file else "no config file"
    offered = ", ".join(vendor.name for vendor in runtime.catalogue.offered()) or "none"
    access = service.guard.access
    _log.info(
        "openab-auth %s: %s; store %s; %s; vendors offered: %s", version, where, runtime.location, access, offered
    )


async def _connect(client: AuthBot, settings: DiscordSettings, config: Config, proxy: Proxy | None) -> None:
    """Log in and stay connected; discord.py reconnects by itself, so a failure here is final."""
    assert settings.bot_token is not None  # noqa: S101 - `running_bot` has checked it
    way = str(proxy) if proxy else ""
    try:
        await client.start(settings.bot_token.reveal())
    except discord.LoginFailure as error:
        raise ConfigError(config.file or "the environment", (_REFUSED_TOKEN,)) from error
    except discord.PrivilegedIntentsRequired as error:
        raise ConfigError(config.file or "the environment", (_NO_MEMBERS_INTENT,)) from error
    except discord.ConnectionClosed as error:
        if error.code == _AUTHENTICATION_FAILED:
            raise ConfigError(config.file or "the environment", (_REFUSED_TOKEN,)) from error
        raise failure_of(error, settings.api_base, way) from error
    except (aiohttp.ClientError, OSError, discord.DiscordException) as error:
        raise failure_of(error, settings.api_base, way) from error
    except AttributeError as error:  # discord.py 2.7 ends so if its very first connection to the gateway fails
        if isinstance(cause := error.__context__, aiohttp.ClientError | OSError | discord.DiscordException):
            raise failure_of(cause, settings.api_base, way) from error
        raise


async def _stop(
    client: AuthBot, runtime: Runtime, service: AuthService, ahead: RefreshAhead | None, task: asyncio.Task[None]
) -> None:
    """Finish the work of people who wait for an answer; then close the connection that carries the answer."""
    try:
        async with awake_timeout(_FINISH_WORK):
            await asyncio.gather(service.aclose(), *([ahead.aclose()] if ahead else []))
            await runtime.aclose()
    except TimeoutError:
        _log.warning("the bot stopped before all work was done; begin an unfinished login again")
    try:
        async with asyncio.timeout(_CLOSE_CLIENT):
            await client.close()
    except TimeoutError:
        _log.warning("Discord did not close the connection in time")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _first(*awaited: asyncio.Task[Any]) -> None:
    """Wait until one of the tasks is done."""
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)


def _raise_if_lost(client: asyncio.Task[None]) -> None:
    if client.done():
        client.result()
