"""A proxy on 127.0.0.1 that speaks HTTP (RFC 9110 9.3.6) and SOCKS5 (RFC 1928, 1929), and certificates for names."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_HOST_NAME = 3  # SOCKS5's type of address


@dataclass
class LoopbackProxy:
    """Connect to the loopback ports of `names`; refuse every other host. With `user` it wants a password."""

    names: Mapping[str, int]
    user: tuple[str, str] | None = None
    silent: bool = False
    nonsense: bool = False
    asked: list[str] = field(default_factory=list)
    address: str = ""
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[LoopbackProxy]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            first = await reader.readexactly(1)
            if self.silent:
                await reader.read()
            elif self.nonsense:
                await reader.read(1)
                writer.write(b"\x04 is what neither protocol begins with\r\n\r\n")
            elif first == b"\x05":
                await self._socks(reader, writer)
            else:
                await self._http(first, reader, writer)
        await _close(writer)
        self._serving.discard(task)

    async def _http(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = first + await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.decode().split(" ", 2)
        place = target if method == "CONNECT" else target.partition("://")[2].partition("/")[0]
        self.asked.append(f"{method} {place}")
        wanted = self.user and base64.b64encode(":".join(self.user).encode()).decode()
        if wanted and f"proxy-authorization: basic {wanted}".lower() not in head.decode().lower():
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        elif (port := self._port(place.rpartition(":")[0])) is None:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        elif method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _relay(reader, writer, port, b"")
        else:
            await _relay(reader, writer, port, head)

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        offered = await reader.readexactly((await reader.readexactly(1))[0])
        method = 2 if self.user else 0
        writer.write(bytes((5, method if method in offered else 0xFF)))
        if self.user:
            await reader.readexactly(1)
            said = [(await reader.readexactly((await reader.readexactly(1))[0])).decode() for _ in range(2)]
            writer.write(bytes((1, said != [*self.user])))
        kind = (await reader.readexactly(4))[3]
        size = (await reader.readexactly(1))[0] if kind == _HOST_NAME else 4
        raw, port = await reader.readexactly(size), int.from_bytes(await reader.readexactly(2), "big")
        host = raw.decode() if kind == _HOST_NAME else ".".join(map(str, raw))
        self.asked.append(f"SOCKS5 {host}:{port}")
        there = self._port(host)
        writer.write(bytes((5, 0 if there else 2, 0, 1, 0, 0, 0, 0, 0, 0)))
        if there:
            await _relay(reader, writer, there, b"")

    def _port(self, host: str) -> int | None:
        return self.names.get(host)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, head: bytes) -> None:
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    far_writer.write(head)
    try:
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
    finally:
        await _close(far_writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


def certificate_for(folder: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """Return a self-signed certificate for `names` in PEM form, and the context of a server that has it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    trusted, own = folder / "trusted.pem", folder / "own.pem"
    trusted.write_bytes(certificate.public_bytes(pem))
    own.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return trusted, context
