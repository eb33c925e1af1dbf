"""A server that sends given bytes, and a measurement of their cost for the event loop."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Sent: TypeAlias = Iterable[bytes]
GOOD = b'{"access_token": "at", "refresh_token": "rt-2", "expires_in": 60}'


def whole(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return an HTTP/1.1 reply."""
    lines = [b"HTTP/1.1 " + status, b"Content-Type: application/json", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def endless(start: bytes, again: bytes) -> Sent:
    return chain([start], repeat(again * max(1, 4096 // len(again))))


@dataclass
class RawServer:
    """Send bytes after the head of a request, from threads, so that only the client uses the event loop."""

    listener: socket.socket
    sends: Sent = ()
    pause: float = 0.0
    tls: ssl.SSLContext | None = None
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, accepted: socket.socket) -> None:
        with (
            suppress(OSError),
            self.tls.wrap_socket(accepted, server_side=True) if self.tls else accepted as connection,
        ):
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65536)
            self.requests.append(request)
            for data in self.sends:
                connection.sendall(data)
                time.sleep(self.pause)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


def self_signed(folder: Path) -> Path:
    """Make a self-signed certificate for localhost, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = folder / "localhost.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return file


@dataclass
class Steps:
    """The longest step of the event loop so far."""

    longest: float = 0.0


@asynccontextmanager
async def watched() -> AsyncIterator[Steps]:
    """Measure the time of each step of the event loop, without collections of the garbage of other tests."""
    steps = Steps()
    gc.disable()

    async def tick() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            steps.longest = max(steps.longest, time.thread_time() - before)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    try:
        yield steps
        await asyncio.sleep(0)
    finally:
        gc.enable()
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
