"""A transport that resolves a name once, checks every address, and connects to one that it has checked.

A name that answers differently the second time (DNS rebinding) is never asked a second time: the connection goes to the
address itself, and TLS and the Host header keep the name.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeAlias

import httpx2

from openab_auth.oauth.http.network_policy import NetworkPolicy
from openab_auth.oauth.http.transport import RefusedAddressError, UnsafeUrlError
from openab_auth.oauth.http.urls import is_loopback

Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
_MOST_LOOKUPS: Final = 16  # at the same time
_PORTS: Final = {"https": 443, "http": 80}


class PrivateAddressError(RefusedAddressError):
    """The name leads into a private network, or to this machine."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is in a private network; if it is meant, list it in allow_private_hosts of the server's table"
        )


class PinnedTransport(httpx2.AsyncBaseTransport):
    """Sends each request over `inner` to an address that `reach` allows; no proxy, which would resolve by itself."""

    def __init__(self, reach: NetworkPolicy, inner: httpx2.AsyncBaseTransport, resolve: Resolve | None = None) -> None:
        self._reach = reach
        self._inner = inner
        self._lookups = Lookups()
        self._resolve = resolve or self._lookups.addresses

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it to the first of the name's addresses that takes a connection.

        Raises:
            RefusedAddressError: plain http, or an address that `reach` does not allow; nothing was sent.
            httpx2.TransportError: no connection, or no whole reply.
        """
        url = request.url
        host = url.raw_host.decode("ascii")  # as it is looked up, an international name included
        if url.scheme != "https" and not (url.scheme == "http" and self._reach.http_loopback and is_loopback(host)):
            raise UnsafeUrlError(_NO_HTTPS)
        try:
            addresses = await self._resolve(host, url.port or _PORTS[url.scheme])
        except (OSError, UnicodeError, RuntimeError) as error:  # the last: no thread can be started
            raise httpx2.ConnectError(_UNKNOWN_HOST, request=request) from error
        if not all(self._reach.allows(host, address) for address in addresses):
            raise PrivateAddressError(host)
        return await self._first_that_connects(request, addresses)

    async def _first_that_connects(self, request: httpx2.Request, addresses: list[str]) -> httpx2.Response:
        failure: httpx2.TransportError = httpx2.ConnectError(_UNKNOWN_HOST, request=request)
        for address in addresses:
            try:
                return await self._inner.handle_async_request(_to(address, request))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def aclose(self) -> None:
        """Close every connection."""
        self._lookups.close()
        await self._inner.aclose()


_NO_HTTPS: Final = "must be https (http only to this machine, as a test option)"
_UNKNOWN_HOST: Final = "the host's name has no address"


class Lookups:
    """Asks the system for addresses, in threads of its own.

    A lookup cannot be interrupted. In the threads that the whole process shares, names whose name server never answers
    would keep the store waiting.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_MOST_LOOKUPS, thread_name_prefix="lookup")

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of `host`, in the order in which the system would try them."""
        lookup = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, lookup)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def close(self) -> None:
        """Start no further lookup."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _to(address: str, request: httpx2.Request) -> httpx2.Request:
    """The same request at that address; the name stays in the Host header and in TLS (SNI and certificate)."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )
