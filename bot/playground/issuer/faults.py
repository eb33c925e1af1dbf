"""Faults on request: the next requests to a path get a wrong reply, a delay or a closed connection."""

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
    """One fault. With `status`, `body`, `html` or an endless reply, the request has no effect."""

    status: int | None = None
    body: object = None
    """The body of the reply: str and bytes unchanged, anything else as JSON."""
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the reply. A delay alone takes effect after the request was handled."""
    until: asyncio.Event | None = None
    """Hold the reply until this event is set, after `delay`."""
    cut: Literal["before", "after"] | None = None
    """Close the connection without a reply, before or after the request was handled."""
    endless: bool = False
    """Send a fast reply that never ends."""
    drip: float | None = None
    """Send a reply that never ends, one byte every `drip` seconds."""

    @property
    def answers(self) -> bool:
        """Return whether the fault has its own reply, so that the request has no effect."""
        return self.status is not None or self.body is not None or self.html is not None

    def response(self) -> web.Response:
        """Return the fault's own reply."""
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
        """Send a reply until the client or the server closes the connection."""
        stream = web.StreamResponse(status=self.status or 200, headers={"Content-Type": "application/json"})
        await stream.prepare(request)
        while True:
            await stream.write(_CHUNK if self.drip is None else b" ")
            await asyncio.sleep(self.drip or 0.001)


class Faults:
    """Queue faults for the next requests to each path."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def next(  # noqa: PLR0913 - a keyword for each kind of failure
        self,
        path: str,
        *,
        status: int | None = None,
        body: object = None,
        html: str | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        until: asyncio.Event | None = None,
        cut: Literal["before", "after"] | None = None,
        endless: bool = False,
        drip: float | None = None,
        times: int = 1,
    ) -> None:
        """Queue this fault for `times` requests to `path`, after the faults that are queued already."""
        fault = Fault(
            status=status,
            body=body,
            html=html,
            headers=headers or {},
            delay=delay,
            until=until,
            cut=cut,
            endless=endless,
            drip=drip,
        )
        self._queues[path].extend([fault] * times)

    def take(self, path: str) -> Fault | None:
        """Remove and return the next fault for this path, or None."""
        queue = self._queues[path]
        return queue.popleft() if queue else None

    def clear(self) -> None:
        """Remove all queued faults."""
        self._queues.clear()
