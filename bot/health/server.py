"""The pages for probes and metrics: `/livez`, `/readyz` and `/metrics`. They hold no secret, and write nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from openab_auth.bot.errors import HealthAddressError
from openab_auth.bot.health.connections import AT_ONCE, Connections
from openab_auth.oauth.config import IpAddress

if TYPE_CHECKING:
    from openab_auth.bot.health.readiness import Readiness

MetricsPage = Callable[[str], Awaitable[tuple[str, bytes]]]
"""Takes the Accept header of a request; returns the content type and the body."""

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "openab-auth"}
_log: Final = logging.getLogger(__name__)
_WAITING: Final = 512  # connections that the system keeps until they are accepted
_LAST_ANSWERS: Final = 0.2  # seconds for answers under way at a stop


@asynccontextmanager
async def serving_health(address: IpAddress, readiness: Readiness, metrics: MetricsPage) -> AsyncIterator[str]:
    """Watch the checks and answer on `address` during the block; yield the URL.

    Raises:
        HealthAddressError: the system refuses the address.
    """
    connections = Connections()
    app = web.Application(client_max_size=0, middlewares=[_noting(connections)])
    app.router.add_get("/livez", _livez)
    app.router.add_get("/readyz", _readyz(readiness))
    app.router.add_get("/metrics", _metrics(metrics))
    quiet = logging.getLogger(f"{__name__}.requests")
    quiet.disabled = True  # strangers choose how many requests are malformed
    runner = web.AppRunner(app, access_log=None, logger=quiet, handle_signals=False, shutdown_timeout=_LAST_ANSWERS)
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - `setup` has made it
    try:
        listening = await _listen(runner.server, connections, address)
        try:
            async with readiness.watching():
                yield f"http://{IpAddress(*listening.sockets[0].getsockname()[:2])}"
        finally:
            listening.close()
            await connections.end(_LAST_ANSWERS)
    finally:
        await runner.cleanup()


async def _listen(server: web.Server, connections: Connections, address: IpAddress) -> asyncio.Server:
    def connect() -> asyncio.Protocol:
        return connections.bounded(server())

    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        sock = socket.create_server((address.host, address.port), family=family)
        listening = await asyncio.get_running_loop().create_server(connect, sock=sock, backlog=AT_ONCE)
        sock.listen(_WAITING)
    except OSError as error:
        number = error.errno or 0  # below zero if there is no such interface
        reason = os.strerror(number) if number > 0 else error.strerror
        raise HealthAddressError(str(address), reason or type(error).__name__) from None
    return listening


def _noting(connections: Connections) -> Middleware:
    """Return the middleware that notes which connections wait for an answer."""

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        with connections.answering(request.transport):
            try:
                return await handler(request)
            except web.HTTPException:
                raise
            except Exception:  # noqa: BLE001 - the client learns nothing about it
                _log.exception("%s could not be answered", request.path)
                raise web.HTTPInternalServerError from None

    return note


async def _livez(request: web.Request) -> web.Response:
    """Answer that the event loop runs."""
    del request
    return _answer(HTTPStatus.OK, {"status": "ok"})


def _readyz(readiness: Readiness) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        del request
        checks = await readiness.current()
        ready = all(check.ok for check in checks)
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return _answer(status, {"ready": ready, "checks": [check.to_json() for check in checks]})

    return answer


def _metrics(page: MetricsPage) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        kind, body = await page(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={**_HEADERS, "Content-Type": kind})

    return answer


def _answer(status: HTTPStatus, body: Mapping[str, object]) -> web.Response:
    return web.Response(
        status=status, body=json.dumps(body).encode(), content_type="application/json", headers=_HEADERS
    )
