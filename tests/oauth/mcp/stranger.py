"""A stranger's server on 127.0.0.1: it answers each path as a test says, and records the requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from openab_auth.oauth.http import NetworkPolicy
from openab_auth.oauth.vendors import McpServer

RESOURCE = "/.well-known/oauth-protected-resource"
RFC_8414 = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
LOOPBACK = NetworkPolicy(http_loopback=True)


@dataclass
class Page:
    """One answer, after `delay` seconds; `body` is JSON unless it is a text, and `drip` sends it forever."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: bool = False
    delay: float = 0.0
    until: asyncio.Event | None = None  # the page is sent when this is set
    chosen: Callable[[Any], Page] | None = None  # the page for a JSON body


@dataclass
class Stranger:
    """Serve the given pages; every other path is a 404 page."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def mcp(self) -> str:
        return f"{self.url}/mcp"

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]

    def metadata(self, issuer: str | None = None, **changes: Any) -> dict[str, Any]:
        return {
            "issuer": issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "registration_endpoint": f"{self.url}/register",
            "code_challenge_methods_supported": ["S256"],
            **changes,
        }

    def resource(self, **changes: Any) -> dict[str, Any]:
        return {"resource": self.mcp, "authorization_servers": [self.url], **changes}

    def is_a_good_server(self, **changes: Any) -> None:
        """Serve a server of the newest specification, with its authorization server on the same host."""
        challenge = f'Bearer resource_metadata="{self.url}{RESOURCE}/mcp"'
        self.pages |= {
            "/mcp": Page(status=401, headers={"WWW-Authenticate": challenge}),
            f"{RESOURCE}/mcp": Page(self.resource()),
            RFC_8414: Page(self.metadata(**changes)),
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body and request.content_type == "application/json" else None
        self.asked.append((request.method, request.path, body))
        if request.content_type == "application/x-www-form-urlencoded":
            self.forms.append((request.path, {name: str(value) for name, value in (await request.post()).items()}))
        page = self.pages.get(request.path, Page("<h1>Not Found</h1>", 404))
        page = page.chosen(body) if page.chosen else page
        await asyncio.sleep(page.delay)
        if page.until:
            await page.until.wait()
        if page.drip:
            return await self._drip(request)
        if isinstance(page.body, str):
            return web.Response(text=page.body, status=page.status, headers=page.headers, content_type="text/html")
        return web.json_response(page.body, status=page.status, headers=page.headers)

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.02)
        except (ConnectionError, asyncio.CancelledError):
            return response


@asynccontextmanager
async def listening() -> AsyncIterator[Stranger]:
    """Start another stranger's server, on its own port."""
    stranger = Stranger()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", stranger.answer)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stranger.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stranger
    await runner.cleanup()


def with_path(server: McpServer, path: str) -> McpServer:
    return replace(server, url=server.url.replace("/mcp", path))
