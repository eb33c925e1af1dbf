"""Run the broker until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from openab_auth.bot.broker.admission import Admission, KeyRing, RefreshesByWord, WaitingRequests
from openab_auth.bot.broker.audit import TokenAudit
from openab_auth.bot.broker.changes import StoreChanges
from openab_auth.bot.broker.desk import TokenDesk
from openab_auth.bot.broker.health import Health
from openab_auth.bot.broker.http.connection import allow_connections
from openab_auth.bot.broker.http.listening import BACKLOG, Address, UnixSocket, check_not_in_store, listen_on
from openab_auth.bot.broker.http.openapi import openapi_page
from openab_auth.bot.broker.http.routes import Routes
from openab_auth.bot.broker.http.server import BrokerServer
from openab_auth.bot.broker.reload import BrokerReload, uids_of
from openab_auth.bot.service import Service
from openab_auth.oauth.audit import audit_path
from openab_auth.oauth.http import awake_timeout
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads import without_thread
from openab_auth.oauth.tokens import TokenSource

if TYPE_CHECKING:
    from openab_auth.oauth.config import Config
    from openab_auth.storage import StoreLocation

_FINISH: Final = 9.0  # seconds for a request to a vendor, its commit and its answers; a stop takes at most 10 s
_log: Final = logging.getLogger(__name__)


class Listening(NamedTuple):
    """Where a broker listens: the path of its socket, and the URL of its loopback address; None is nowhere."""

    socket: Path | None
    url: str | None


class Places(NamedTuple):
    """Where a broker is to listen, and the mode of its socket."""

    socket: Path | None
    mode: int
    address: Address | None


async def run_broker(  # noqa: PLR0913, PLR0917 - its parts
    config: Config,
    location: StoreLocation,
    environ: Mapping[str, str],
    places: Places,
    ready: Callable[[Listening], None],
    service: Service | None = None,
) -> None:
    """Run the broker until SIGTERM or SIGINT; then finish the refreshes under way, within 10 s.

    SIGHUP reloads the config. `ready` is called as soon as clients can connect.

    Raises:
        BrokerError: it cannot listen there.
        ConfigError, StorageError: the config has mistakes, or the store cannot be read.
    """
    allow_connections()
    if places.socket is not None:
        check_not_in_store(places.socket, location.place)
    metrics = None
    if config.broker.health is not None:
        from openab_auth.bot.metrics.serving import open_metrics  # noqa: PLC0415 - few brokers are watched

        metrics = open_metrics("broker.health", config.file)
    # The broker's own environment says nothing about the threads of its clients.
    runtime, service = Runtime.open(config, location, without_thread(environ), observer=metrics), service or Service()
    with service.signals():
        await runtime.store.read()  # otherwise the first client would find out that there is no store here
        async with AsyncExitStack() as stack:
            stack.push_async_callback(service.aclose)
            audit = audit_path(runtime.location, runtime.environ)
            server = await stack.enter_async_context(_serving(runtime, uids_of(config), audit))
            listening = await stack.enter_async_context(_listening(server, places))
            if config.broker.health is not None and metrics is not None:
                from openab_auth.bot.health.checks import store_check  # noqa: PLC0415 - as above
                from openab_auth.bot.metrics.serving import serving  # noqa: PLC0415 - as above

                checks = [store_check(runtime.store)]
                url = await stack.enter_async_context(serving(config.broker.health, metrics, runtime, checks))
                _log.info("probes are answered at %s", url)
            ready(listening)
            _log.info("broker: store %s; socket %s; url %s", location, listening.socket, listening.url)
            reload = BrokerReload(config, environ, runtime, server.admission)
            await service.ready("clients can connect", reload, is_alive=lambda: True)
            await service.stop.wait()
            await service.stopping()


@asynccontextmanager
async def _serving(runtime: Runtime, uids: Collection[int], audit: Path) -> AsyncIterator[BrokerServer]:
    """Open the parts of a broker; at the end answer the requests that wait, and store what vendors have answered."""
    keys, source, health = (
        KeyRing(runtime.store, runtime.clock, time.monotonic),
        TokenSource(runtime),
        Health(runtime.store),
    )
    refreshes = RefreshesByWord(runtime.store, runtime.clock)
    admission, changes = Admission(keys, uids), StoreChanges(runtime.store, keys.look_again)
    desk = TokenDesk(
        *(runtime, source, admission),
        changes=changes,
        refreshes=refreshes,
        audit=TokenAudit(audit, runtime.clock),
    )
    open_pages = {"/healthz": health.alive, "/readyz": health.ready, "/v1/openapi.json": openapi_page}
    server = BrokerServer(Routes(desk), admission, WaitingRequests(), open_pages)
    changes.start()
    try:
        yield server
    finally:
        server.stop()
        changes.stop()
        try:
            async with awake_timeout(_FINISH):
                # aclose ends the refreshes that only wait for another process, whose clients then get their answer.
                await asyncio.gather(server.shutdown(_FINISH / 2), source.aclose(), refreshes.aclose())
                await source.aclose()  # for a refresh that an answer has begun meanwhile
                await changes.aclose()
                await runtime.aclose()
        except TimeoutError:
            _log.warning("the broker stopped before all refreshes were done")


@asynccontextmanager
async def _listening(server: BrokerServer, places: Places) -> AsyncIterator[Listening]:
    """Let clients connect during the block."""
    loop, opened, url = asyncio.get_running_loop(), list[asyncio.Server](), None
    unix = UnixSocket(places.socket, places.mode) if places.socket is not None else None
    try:
        if places.address is not None:
            tcp, url = listen_on(places.address)
            opened.append(await loop.create_server(server, sock=tcp, backlog=BACKLOG))
        if unix is not None:
            opened.append(await loop.create_unix_server(server, sock=unix.socket, backlog=BACKLOG))
        yield Listening(places.socket, url)
    finally:
        for one in opened:
            one.close()
        if unix is not None:
            unix.close()
