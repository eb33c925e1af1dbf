"""The token endpoint of a mirror, on a loopback address: it answers a refresh with the current access token.

Every user of this host can reach the address. So it has a secret part, which only readers of the mirror know.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import quote

from aiohttp import web

from openab_auth.oauth.entries import AccessToken
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError
from openab_auth.storage import NEVER, Tenant
from openab_auth.storage.errors import OpenabAuthError

_LARGEST: Final = 2**16  # bytes of a request
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
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/{secret}/{tenant}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP)
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

    async def _answer(self, request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.match_info["secret"].encode(), self._secret.encode()):
            return web.Response(status=404, headers=_HEADERS)
        try:
            token = await self._current(Tenant(request.match_info["tenant"]))
        except (LoginDeadError, NotLoggedInError):
            return web.json_response({"error": "invalid_grant"}, status=400, headers=_HEADERS)
        except OpenabAuthError:
            answer = {"error": "temporarily_unavailable"}
            return web.json_response(answer, status=503, headers={**_HEADERS, "Retry-After": _RETRY})
        reply: dict[str, object] = {"access_token": token.value.reveal(), "token_type": "Bearer"}
        if token.expires_at != NEVER:
            reply["expires_in"] = max(int(token.expires_at - self._clock()), 0)
        return web.json_response(reply, headers=_HEADERS)
