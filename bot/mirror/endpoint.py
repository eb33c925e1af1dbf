"""The token endpoint of a mirror, on a loopback address: it answers a refresh with the current access token.

Every user of this host can reach the address. So it has a secret part, which only readers of the mirror know.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote, unquote

from aiohttp import web

from openab_auth.oauth.entries import AccessToken
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError
from openab_auth.storage import NEVER, Tenant
from openab_auth.storage.errors import OpenabAuthError

_MOST: Final = 64  # connections: without a bound, any user of this host could take all descriptors of this process
_LONGEST: Final = 60.0  # seconds of a connection; a refresh takes at most 20
_PATH: Final = re.compile(r"/([^/]+)/([^/]+)")
_log: Final = logging.getLogger(__name__)
# aiohttp logs a request that it cannot read, and the secret is in the path.
_SILENT: Final = logging.Logger("openab_auth.bot.mirror.silent", logging.CRITICAL + 1)  # noqa: LOG001 - it is for nobody to find
_STOP: Final = 2.0  # seconds for the requests that are being answered
_RETRY: Final = "30"  # seconds
_HEADERS: Final = {"Cache-Control": "no-store"}


class MirrorEndpoint:
    """Answers refreshes with `current`, which returns the valid token of a tenant; `clock` gives unix seconds."""

    def __init__(self, current: Callable[[Tenant], Awaitable[AccessToken]], clock: Callable[[], float]) -> None:
        self._current = current
        self._clock = clock
        self._secret = secrets.token_urlsafe(32)
        self.url = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen on a free port of 127.0.0.1 during the block."""
        runner = web.ServerRunner(_Server(self._answer), shutdown_timeout=_STOP)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            self.url = f"http://127.0.0.1:{port}"
            yield
        finally:
            await runner.cleanup()

    def address_of(self, tenant: str) -> str:
        """Return the address that renews this tenant's token; it is a secret."""
        return f"{self.url}/{self._secret}/{quote(tenant, safe='')}"

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        match = _PATH.fullmatch(request.rel_url.raw_path)
        if match is None or not hmac.compare_digest(match[1].encode(), self._secret.encode()):
            return web.Response(status=404, headers=_HEADERS)
        if request.method != "POST":
            return web.Response(status=405, headers={**_HEADERS, "Allow": "POST"})
        try:
            token = await self._current(Tenant(unquote(match[2])))
        except (LoginDeadError, NotLoggedInError):
            return web.json_response({"error": "invalid_grant"}, status=400, headers=_HEADERS)
        except OpenabAuthError:
            answer = {"error": "temporarily_unavailable"}
            return web.json_response(answer, status=503, headers={**_HEADERS, "Retry-After": _RETRY})
        reply: dict[str, object] = {"access_token": token.value.reveal(), "token_type": "Bearer"}
        if token.expires_at != NEVER:
            reply["expires_in"] = max(int(token.expires_at - self._clock()), 0)
        return web.json_response(reply, headers=_HEADERS)


class _Server(web.Server):
    """Answers on connections that are few and short."""

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of a new connection."""
        return _Connection(self)


class _Connection(web.RequestHandler):
    """A connection that ends after a minute, whatever comes, and of which nothing reaches a log."""

    def __init__(self, server: web.Server) -> None:
        settings: dict[str, Any] = {"access_log": None}  # aiohttp's types do not know that None turns it off
        super().__init__(server, loop=asyncio.get_running_loop(), logger=_SILENT, **settings)
        self._server = server
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the time of the connection; close a connection too many."""
        super().connection_made(transport)
        self._end = asyncio.get_running_loop().call_later(_LONGEST, self.force_close)
        if len(self._server.connections) > _MOST:
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop the time."""
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 400,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that failed; aiohttp's own answer would quote it."""
        del request, message
        if status >= 500:  # noqa: PLR2004 - a bug; its text could quote a secret
            _log.error("a request failed with an unforeseen error (%s)", type(exc).__name__)
        answer = web.Response(status=status, headers=_HEADERS)
        answer.force_close()
        return answer
