"""The pages for probes and metrics: `/livez`, `/readyz` and `/metrics`. They hold no secret, and write nothing."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from openab_auth.bot.errors import HealthAddressError
from openab_auth.oauth.config import IpAddress

if TYPE_CHECKING:
    from openab_auth.bot.health.readiness import Readiness

MetricsPage = Callable[[str], Awaitable[tuple[str, bytes]]]
"""Takes the Accept header of a request; returns the content type and the body."""

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "openab-auth"}
_LAST_ANSWERS: Final = 0.2  # seconds for answers under way at a stop
_MOST: Final = 64  # connections: the descriptors of the process are for its own work
_LONGEST: Final = 20.0  # seconds of a connection, so that a silent client gives its place back


@asynccontextmanager
async def serving_health(address: IpAddress, readiness: Readiness, metrics: MetricsPage) -> AsyncIterator[str]:
    """Watch the checks and answer on `address` during the block; yield the URL.

    Raises:
        HealthAddressError: the system refuses the address.
    """
    app = web.Application(client_max_size=0)
    app.router.add_get("/livez", _livez)
    app.router.add_get("/readyz", _readyz(readiness))
    app.router.add_get("/metrics", _metrics(metrics))
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_LAST_ANSWERS)
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - `setup` has made it
    try:
        listening = await _listen(runner.server, address)
        try:
            async with readiness.watching():
                yield f"http://{IpAddress(*listening.sockets[0].getsockname()[:2])}"
        finally:
            listening.close()
    finally:
        await runner.cleanup()


async def _listen(server: web.Server, address: IpAddress) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(_connections(server), address.host, address.port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise HealthAddressError(str(address), reason) from None


def _connections(server: web.Server) -> Callable[[], asyncio.BaseProtocol]:
    """Return the factory of connections, which refuses one too many and ends each after a while."""
    loop = asyncio.get_running_loop()

    def connect() -> asyncio.BaseProtocol:
        if len(server.connections) >= _MOST:
            return _Refused()
        connection = server()
        loop.call_later(_LONGEST, connection.force_close)
        return connection

    return connect


class _Refused(asyncio.Protocol):
    """A connection too many, which is closed at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


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
