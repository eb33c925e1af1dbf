"""The pages for probes and metrics: `/livez`, `/readyz` and `/metrics`. They hold no secret, and write nothing."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from openab_auth.bot.errors import HealthAddressError

if TYPE_CHECKING:
    from openab_auth.bot.health.readiness import Readiness
    from openab_auth.oauth.config import IpAddress

MetricsPage = Callable[[str], Awaitable[tuple[str, bytes]]]
"""Takes the Accept header of a request; returns the content type and the body."""

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "openab-auth"}
_LAST_ANSWERS: Final = 0.2  # seconds for answers under way at a stop


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
    try:
        site = web.TCPSite(runner, address.host, address.port)
        try:
            await site.start()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else type(error).__name__
            raise HealthAddressError(str(address), reason) from None
        async with readiness.watching():
            yield _url_of(runner)
    finally:
        await runner.cleanup()


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


def _url_of(runner: web.AppRunner) -> str:
    host, port, *_ = runner.addresses[0]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
