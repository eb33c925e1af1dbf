"""Read replies with limits and without compression; no other module does this.

Each limit is checked before the work that it bounds. Bytes are counted as they leave the socket, a few kilobytes at a
time. So the event loop runs between two steps, whatever a server sends.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import AsyncIterable, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar, cast

import httpx2

from openab_auth.oauth.http.urls import why_unsafe

_log: Final = logging.getLogger(__name__)
T = TypeVar("T")
REQUEST_DEADLINE: Final = 8.0  # seconds for one request, from the connection to the last byte of the reply
LONGEST_REPLY: Final = 1024 * 1024  # bytes of a body, compressed as well as decompressed
_LONGEST_HEAD: Final = 32 * 1024  # bytes before the body: interim responses (1xx), the status line and every header
_LONGEST_FRAMING: Final = 64 * 1024  # bytes that chunk sizes, chunk extensions and trailers may add to a body
_LARGEST_READ: Final = 4 * 1024  # bytes that are parsed in one step of the event loop
_MOST_PIECES: Final = 4096  # of one body; a server that sends single bytes as chunks would cost much time
_RESERVE: Final = 2 * 1024 * 1024  # bytes; enough for asyncio's read buffer and CPython's next arena of small objects
_GZIP: Final = 16 + zlib.MAX_WBITS  # zlib's code for the gzip format
_CONNECTED: Final = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")
_NO_PROXY: Final = "the answer of the proxy is no HTTP"
_NOT_PASSED_ON: Final = (b"content-encoding", b"content-length", b"transfer-encoding", b"set-cookie", b"set-cookie2")


class RefusedAddressError(httpx2.UnsupportedProtocol):
    """The address is not safe, whatever its source; nothing was sent."""


class UnsafeUrlError(RefusedAddressError):
    """The address is malformed or unencrypted, so no secret is sent to it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"its address {reason}")


class UnreadReplyError(httpx2.TransportError):
    """A reply came and could not be read; after a silence a repetition may help, but not here."""


class ReplyTooLongError(UnreadReplyError):
    """The reply is longer than any token reply could be."""

    def __init__(self, limit: int = LONGEST_REPLY, part: str = "reply") -> None:
        super().__init__(f"the {part} is longer than {limit} bytes")


class ReplyInPiecesError(UnreadReplyError):
    """The reply comes in so many small chunks that reading it would keep this process busy."""

    def __init__(self) -> None:
        super().__init__(f"the reply comes in more than {_MOST_PIECES} pieces")


class ReplyMalformedError(UnreadReplyError):
    """The bytes that arrived are no HTTP reply."""

    def __init__(self) -> None:
        super().__init__("the reply broke the rules of HTTP, so it was cut off")


class ReplyEncodedError(UnreadReplyError):
    """The reply is compressed in a way that this project does not read; the request asked for no compression."""

    def __init__(self) -> None:
        super().__init__("the reply is compressed, which was not asked for")


class NoMemoryForReplyError(httpx2.TransportError):
    """This process has no memory for the reply, so it sent nothing."""

    def __init__(self) -> None:
        super().__init__("there is no memory for its answer, so nothing was sent")


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Send the requests of one conversation over the shared client `http`, and read each reply within limits.

    Replies are decoded and counted here, so that neither a compressed nor an endless body can fill the memory or block
    the event loop.
    """

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._left: bool | None = None
        self._needs_tls = False  # what is sent before the handshake is for a proxy
        self._socket = _SocketLimit()
        self._reserve = b""
        self._reply: httpx2.Response | None = None
        self._content = bytearray()
        self.complete = False
        """True if the reply was read completely; it stays here even if a later step fails."""

    @property
    def certainly_unsent(self) -> bool:
        """Return True if a connection was tried and no byte of the request was written to it."""
        return self._left is False

    @property
    def answer_has_begun(self) -> bool:
        """Return True if at least one byte of a reply has arrived: then the server has taken the request."""
        return self._socket.has_begun

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request once, and return the reply with its body already read.

        Raises:
            httpx2.TransportError: the request could not be sent, or the reply could not be read completely.
        """
        self._reply, self._content, self.complete = None, bytearray(), False
        reply = self._reply = await self._send(request)
        try:
            await self._tell_malformed(_read_bounded(reply, self._content))
            self.complete = True
        finally:
            await reply.aclose()
        return _whole(reply, bytes(self._content))

    def received(self) -> httpx2.Response | None:
        """Return the reply, or the part of it that arrived before it was cut off; None if its head did not arrive."""
        return None if self._reply is None else _whole(self._reply, bytes(self._content))

    async def head(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request and leave the body of the reply unread: it may be an endless event stream."""
        reply = await self._send(request)
        await reply.aclose()
        return _whole(reply, b"")

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        if reason := why_unsafe(str(request.url)):
            self._left = False
            raise UnsafeUrlError(reason)
        self._socket = _SocketLimit()
        self._needs_tls = request.url.scheme == "https"
        request.headers["Accept-Encoding"] = "identity"
        request.extensions = {**request.extensions, "trace": self._trace}
        # Only the host: a path may hold a secret. Nothing is logged after the request: no answer may be lost.
        _log.debug("%s request to %s", request.method, request.url.host)
        self._reserve_memory()
        try:
            return await self._tell_malformed(self._http.send(request, stream=True, follow_redirects=False))
        finally:
            self._reserve = b""

    def _reserve_memory(self) -> None:
        """Hold memory until the request is sent: an answer that cannot be read costs a rotated token.

        Raises:
            NoMemoryForReplyError: there is none; nothing was sent.
        """
        try:
            self._reserve = bytes(_RESERVE)
        except MemoryError:
            self._left = False
            raise NoMemoryForReplyError from None

    async def _tell_malformed(self, reading: Awaitable[T]) -> T:
        """Return the result of `reading`.

        Raises:
            ReplyMalformedError: the server broke the rules of HTTP; a server that only hung up keeps httpx2's error.
            httpx2.ProxyError: a proxy did so, before the request was sent to the server.
        """
        try:
            return await reading
        except httpx2.RemoteProtocolError:
            if self.certainly_unsent:
                raise httpx2.ProxyError(_NO_PROXY) from None
            if self._socket.has_begun and not self._socket.ended:
                raise ReplyMalformedError from None
            raise

    async def _trace(self, event: str, info: dict[str, Any]) -> None:
        # `info` may hold the request, so nothing keeps it
        if event.endswith("start_tls.complete"):
            self._needs_tls, self._left = False, False
        elif "send_request" in event and not self._needs_tls:
            self._left = True
        elif self._left is None:
            self._left = False
        if event.endswith("receive_response_headers.started") and not self._needs_tls:
            self._reserve = b""
        if event.endswith(_CONNECTED):
            self._socket.watch(info["return_value"])
        elif event.endswith("receive_response_headers.complete"):
            self._socket.head_ended()


class _SocketLimit:
    """Count the bytes that one reply takes from the socket, and read them in small steps."""

    def __init__(self) -> None:
        self.has_begun = False
        """True if at least one byte of the reply has arrived; inside TLS, the handshake does not count."""
        self.ended = False
        """True if the other side has closed the connection."""
        self._allow(_LONGEST_HEAD, "head of the reply")

    def watch(self, stream: Any) -> None:  # noqa: ANN401  # httpcore2's, which is no dependency of ours
        """Count what is read from this connection; inside TLS or a proxy's tunnel, another head begins."""
        self.has_begun = False
        self._allow(_LONGEST_HEAD, "head of the reply")
        read = cast("Callable[[int, float | None], Awaitable[bytes]]", stream.read)

        async def counted(max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # httpcore2's
            if self._taken > self._limit:
                raise ReplyTooLongError(self._limit, self._part)
            data = await read(min(max_bytes, _LARGEST_READ), timeout)
            self._taken += len(data)
            self.has_begun, self.ended = self.has_begun or bool(data), not data
            return data

        stream.read = counted

    def head_ended(self) -> None:
        """Allow for a body from now on."""
        self._allow(LONGEST_REPLY + _LONGEST_FRAMING, "reply")

    def _allow(self, limit: int, part: str) -> None:
        self._taken, self._limit, self._part = 0, limit, part


def _whole(reply: httpx2.Response, content: bytes) -> httpx2.Response:
    headers = [(name, value) for name, value in reply.headers.raw if name.lower() not in _NOT_PASSED_ON]
    return httpx2.Response(reply.status_code, headers=headers, content=content)


async def _read_bounded(reply: httpx2.Response, content: bytearray) -> None:
    """Read the body into `content`, decoded piece by piece: httpx2 would decode any number of codings, uncounted."""
    decode = _decoder(reply)
    taken, pieces = 0, 0
    async for piece in cast("AsyncIterable[bytes]", reply.stream):
        taken, pieces = taken + len(piece), pieces + 1
        if pieces > _MOST_PIECES:
            raise ReplyInPiecesError
        decode(piece, content)
        if max(taken, len(content)) > LONGEST_REPLY:
            raise ReplyTooLongError


def _decoder(reply: httpx2.Response) -> Callable[[bytes, bytearray], None]:
    """Return a function that decodes a piece of the body and appends it to the content, never far beyond the limit.

    Gzip is decoded although the request did not ask for it: the refresh token of the request is already spent.
    """
    said = reply.headers.get("content-encoding", "").lower().split(",")
    codings = [coding for one in said if (coding := one.strip()) not in {"", "identity"}]
    if not codings:
        return lambda piece, content: content.extend(piece)
    if codings not in (["gzip"], ["x-gzip"]):
        raise ReplyEncodedError
    gzip = zlib.decompressobj(_GZIP)

    def decode(piece: bytes, content: bytearray) -> None:
        before = gzip.copy()
        try:
            content += gzip.decompress(piece, LONGEST_REPLY + 1 - len(content))
        except zlib.error:
            _decode_until_error(before, piece, content)
            raise ReplyEncodedError from None

    return decode


def _decode_until_error(gzip: Any, piece: bytes, content: bytearray) -> None:  # noqa: ANN401 - zlib does not export it
    """Append what the piece holds before the error: only its checksum may be wrong, and the tokens are there."""
    with suppress(zlib.error):
        for byte in piece:
            if len(content) > LONGEST_REPLY:
                return
            content += gzip.decompress(bytes([byte]), LONGEST_REPLY + 1 - len(content))


def origin_of(url: str | httpx2.URL) -> tuple[str, str, int | None]:
    """Return scheme, host and port (None for the default port) as a request would use them (RFC 6454)."""
    parts = httpx2.URL(url)
    return parts.scheme, parts.host, parts.port
