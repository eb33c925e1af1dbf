"""A server on a Unix socket and on loopback that answers as a test tells it, to see what clients make of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class ScriptedBroker:
    """Answers each request with the next of `answers`, and with the last one from then on."""

    answers: list[Answer]
    socket: Path
    url: str = ""
    seen: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        return f"unix:{self.socket}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        self.seen.append(
            (request.method, request.raw_path.partition("?")[0], dict(request.query), text and json.loads(text))
        )
        self.keys.append(request.headers.get("Authorization"))
        self.arrived.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[ScriptedBroker]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.UnixSite(runner, str(self.socket)).start()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[1][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


def token(value: str = "canary-token", expires_at: int = 2**33, login: str = "codex", **others: object) -> Answer:
    """Answer with a token."""
    body = {"access_token": value, "expires_at": expires_at, "token_type": "Bearer", "login": login, **others}
    return page(json.dumps(body), status=200, kind="application/json")


def problem(status: int, code: str, detail: str = "", hint: str = "", retry_after: int | None = None) -> Answer:
    """Answer with a problem (RFC 9457)."""
    body = json.dumps({"code": code, "detail": detail, "hint": hint})
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return page(body, status=status, kind="application/problem+json", headers=headers)


def page(text: str, *, status: int = 200, kind: str = "text/html", headers: dict[str, str] | None = None) -> Answer:
    """Answer with any text, as a proxy or another server would."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, content_type=kind, headers=headers)

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer, as a broker that is killed does."""
    assert request.transport is not None
    request.transport.abort()
    await asyncio.sleep(3600)
    raise AssertionError
