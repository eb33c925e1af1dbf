"""The one door to a vendor: TLS or loopback only, no redirect followed, a bounded reply; knows what has left."""

from __future__ import annotations

from typing import Any, Final

import httpx2

from oauth.vendor import safe_url

REQUEST_DEADLINE: Final = 8.0  # seconds for one request, from the connection to the last byte of the reply
LONGEST_REPLY: Final = 1024 * 1024  # bytes, after decompression
_CONTENT_HEADERS: Final = (b"content-encoding", b"content-length", b"transfer-encoding")


class RefusedAddressError(httpx2.UnsupportedProtocol):
    """An address that no request of ours goes to, whoever names it; nothing was sent."""


class UnsafeUrlError(RefusedAddressError):
    """No secret is sent to such an address: it is none, or everybody on the way could read along."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"its address {reason}")


class ReplyTooLongError(httpx2.TransportError):
    """The reply is longer than any token reply could be."""

    def __init__(self) -> None:
        super().__init__(f"the reply is longer than {LONGEST_REPLY} bytes")


class Door(httpx2.AsyncBaseTransport):
    """Carries one conversation over the shared `http` client, whose connections outlive it.

    `http` brings the proxies and the certificate store of the environment. A reply is read to its end here, decoded and
    counted, so that neither a small compressed body nor an endless one can fill the memory.
    """

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._left: bool | None = None

    @property
    def certainly_unsent(self) -> bool:
        """True when a connection was tried and no byte of the request was written to it."""
        return self._left is False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it once, and give the reply with its body already read.

        Raises:
            httpx2.TransportError: it could not be sent, or the reply could not be read whole.
        """
        reply = await self._send(request)
        try:
            return _whole(reply, await _bounded(reply))
        finally:
            await reply.aclose()

    async def head(self, request: httpx2.Request) -> httpx2.Response:
        """As `handle_async_request`, with the body left unread: it may be a stream of events without an end."""
        reply = await self._send(request)
        await reply.aclose()
        return _whole(reply, b"")

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        if reason := safe_url(str(request.url)):
            self._left = False
            raise UnsafeUrlError(reason)
        request.extensions = {**request.extensions, "trace": self._trace}
        return await self._http.send(request, stream=True, follow_redirects=False)

    async def _trace(self, event: str, info: dict[str, Any]) -> None:
        del info  # holds the request: never kept
        if "send_request" in event:
            self._left = True
        elif self._left is None:
            self._left = False


def _whole(reply: httpx2.Response, content: bytes) -> httpx2.Response:
    headers = [(name, value) for name, value in reply.headers.raw if name.lower() not in _CONTENT_HEADERS]
    return httpx2.Response(reply.status_code, headers=headers, content=content)


async def _bounded(reply: httpx2.Response) -> bytes:
    content = bytearray()
    async for chunk in reply.aiter_bytes():
        content += chunk
        if len(content) > LONGEST_REPLY:
            raise ReplyTooLongError
    return bytes(content)


def origin_of(url: str | httpx2.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port (None for the scheme's own) as a request would use them (RFC 6454)."""
    parts = httpx2.URL(url)
    return parts.scheme, parts.host, parts.port
