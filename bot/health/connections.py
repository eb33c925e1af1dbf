"""Bound the connections to the pages for probes, so that strangers cannot keep a probe out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_LONGEST: Final = 20.0  # seconds of a connection
_MOST: Final = 128  # connections: the descriptors of the process are for its own work
AT_ONCE: Final = 32  # connections that are accepted at once; far fewer than `_MOST`, so that a new one can send first


class Connections:
    """Knows the connections of a server: a new one always gets in, and the oldest gives its place to it.

    A connection whose request is being answered keeps its place while most of the others are idle.
    """

    def __init__(self) -> None:
        self._ends: dict[asyncio.Transport, asyncio.TimerHandle] = {}  # the oldest first
        self._answering: set[asyncio.Transport] = set()
        self._all_answered = asyncio.Event()
        self._all_answered.set()

    def bounded(self, handler: asyncio.Protocol) -> asyncio.Protocol:
        """Return the protocol of a new connection, whose events `handler` gets."""
        return _Connection(handler, self)

    @contextmanager
    def answering(self, transport: asyncio.Transport | None) -> Iterator[None]:
        """Note during the block that a request of this connection is being answered."""
        if transport is None or transport not in self._ends:
            yield  # the client has gone away
            return
        self._answering.add(transport)
        self._all_answered.clear()
        try:
            yield
        finally:
            self._idle(transport)

    async def end(self, patience: float) -> None:
        """End every connection; answers that are under way have `patience` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._all_answered.wait()
        for transport in list(self._ends):
            self._end(transport)

    def begun(self, transport: asyncio.Transport) -> None:
        """Take a new connection in, and end another if there are too many."""
        if len(self._ends) >= _MOST:
            self._end(self._replaceable())
        self._ends[transport] = asyncio.get_running_loop().call_later(_LONGEST, transport.abort)

    def ended(self, transport: asyncio.Transport) -> None:
        """Forget a connection that has ended."""
        if timer := self._ends.pop(transport, None):
            timer.cancel()
        self._idle(transport)

    def _replaceable(self) -> asyncio.Transport:
        idle = [one for one in self._ends if one not in self._answering]
        busy = [one for one in self._ends if one in self._answering]
        return idle[0] if len(idle) > len(busy) else busy[0]

    def _end(self, transport: asyncio.Transport) -> None:
        self.ended(transport)
        transport.abort()

    def _idle(self, transport: asyncio.Transport) -> None:
        self._answering.discard(transport)
        if not self._answering:
            self._all_answered.set()


class _Connection(asyncio.Protocol):
    """Passes the events of a connection on to its handler, and its begin and its end to `Connections`."""

    def __init__(self, handler: asyncio.Protocol, connections: Connections) -> None:
        self._handler = handler
        self._connections = connections
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream has no other
        self._transport = transport
        self._handler.connection_made(transport)
        self._connections.begun(transport)

    def data_received(self, data: bytes) -> None:
        """Pass data on."""
        self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass the end of the client's data on."""
        return self._handler.eof_received()

    def pause_writing(self) -> None:
        """Pass on that the client reads too slowly."""
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the client reads again."""
        self._handler.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection."""
        if self._transport is not None:
            self._connections.ended(self._transport)
        self._handler.connection_lost(exc)
