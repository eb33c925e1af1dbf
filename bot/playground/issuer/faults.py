"""Faults that the server was told to have, one request at a time."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

_CHUNK = b" " * 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One wrong answer. With `status`, `body`, `html` or an endless reply the request is not applied."""

    status: int | None = None
    body: object = None
    """A str or bytes as it is, anything else as JSON."""
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the answer; alone, the request is applied first and only its answer is late."""
    cut: Literal["before", "after"] | None = None
    """The connection is cut without an answer, before or after the request was applied."""
    endless: bool = False
    """An answer that goes on without end, fast."""
    drip: float | None = None
    """An answer of one byte each so many seconds, without end."""

    @property
    def answers(self) -> bool:
        """Whether the fault's own answer is given, the request not being applied."""
        return self.status is not None or self.body is not None or self.html is not None

    def response(self) -> web.Response:
        """The fault's own answer."""
        if self.html is not None:
            text, kind = self.html, "text/html"
        elif isinstance(self.body, bytes):
            return web.Response(status=self.status or 200, body=self.body, headers=self.headers)
        elif isinstance(self.body, str):
            text, kind = self.body, "text/plain"
        else:
            text, kind = json.dumps(self.body if self.body is not None else {}), "application/json"
        return web.Response(
            status=self.status or 200, text=text, headers={"Content-Type": f"{kind}; charset=utf-8", **self.headers}
        )

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer without end, until the client or the server goes away."""
        stream = web.StreamResponse(status=self.status or 200, headers={"Content-Type": "application/json"})
        await stream.prepare(request)
        while True:
            await stream.write(_CHUNK if self.drip is None else b" ")
            await asyncio.sleep(self.drip or 0.001)


class Faults:
    """The queue of faults for each path."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def next(  # noqa: PLR0913 - one keyword for each way to fail
        self,
        path: str,
        *,
        status: int | None = None,
        body: object = None,
        html: str | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        cut: Literal["before", "after"] | None = None,
        endless: bool = False,
        drip: float | None = None,
        times: int = 1,
    ) -> None:
        """Let the next `times` requests to `path` meet this fault, after those asked for earlier."""
        fault = Fault(
            status=status,
            body=body,
            html=html,
            headers=headers or {},
            delay=delay,
            cut=cut,
            endless=endless,
            drip=drip,
        )
        self._queues[path].extend([fault] * times)

    def take(self, path: str) -> Fault | None:
        """The fault that this request meets."""
        queue = self._queues[path]
        return queue.popleft() if queue else None

    def clear(self) -> None:
        """Forget every fault that was not met yet."""
        self._queues.clear()
