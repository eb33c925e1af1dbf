"""A company's HTTP proxy on loopback: it forwards requests and tunnels, and can ask for a password."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class ForwardProxy:
    """Every connection goes to `leads_to`, whatever address it asks for; `asked` holds the addresses.

    An address with the text `refuses` in it gets 403 and an HTML page.
    """

    leads_to: tuple[str, int]
    password: str | None = None
    port: int = 0
    refuses: str = ""
    asked: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def listening(cls, base: str, password: str | None = None) -> AsyncIterator[ForwardProxy]:
        address = urlsplit(base)
        assert address.hostname is not None
        assert address.port is not None
        proxy = cls((address.hostname, address.port), password)
        server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _admits(self, head: bytes) -> bool:
        if self.password is None:
            return True
        expected = base64.b64encode(f"ada:{self.password}".encode())
        return b"proxy-authorization: basic " + expected.lower() in head.lower()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            method, address, _ = head.split(b" ", 2)
            self.asked.append(address.decode())
            refused = b"" if self._admits(head) else b"407 Proxy Authentication Required"
            if self.refuses and self.refuses in address.decode():
                refused = b"403 Forbidden"
            if refused:
                writer.write(b"HTTP/1.1 " + refused + b"\r\nContent-Type: text/html\r\nContent-Length: 6\r\n")
                writer.write(b"Connection: close\r\n\r\n<html>")
                await writer.drain()
                writer.close()
                return
            inner, outer = await asyncio.open_connection(*self.leads_to)
            if method == b"CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                outer.write(head)
            await asyncio.gather(_pipe(reader, outer), _pipe(inner, writer))


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()
