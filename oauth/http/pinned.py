"""Resolve a host name once, check every address, and connect only to a checked address.

The connection goes to the address, while TLS and the Host header keep the name. The name is never resolved a second
time, so DNS rebinding has no effect.
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
    """The host name leads into a private network, or to this machine."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is in a private network; to allow it, list it in allow_private_hosts of the server's table"
        )


def check_named(policy: NetworkPolicy, url: httpx2.URL) -> None:
    """Check the host of a request that a proxy sends: the proxy looks up a name, so only an address can be judged here.

    Old spellings of IPv4 addresses (`127.1`, `0x7f000001`) count as addresses, because resolvers read them.

    Raises:
        PrivateAddressError: the host is an address that the policy does not allow, or a name of this machine.
    """
    host = url.raw_host.decode("ascii")
    address = _literal_address(host.rstrip("."))
    if address is not None and not policy.allows(host, address):
        raise PrivateAddressError(host)


def _literal_address(host: str) -> str | None:
    """Return the address that a host spells out, or None for a name that must be looked up."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 6.3
        return "127.0.0.1"
    if ":" in host:
        return host.strip("[]")
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


class PinnedTransport(httpx2.AsyncBaseTransport):
    """Send each request over `inner` to an address that `policy` allows, without a proxy."""

    def __init__(self, policy: NetworkPolicy, inner: httpx2.AsyncBaseTransport, resolve: Resolve | None = None) -> None:
        self._policy = policy
        self._inner = inner
        self._lookups = Lookups()
        self._resolve = resolve or self._lookups.addresses

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request to the first address of the host that accepts a connection.

        Raises:
            RefusedAddressError: plain http, or an address that the policy does not allow; nothing was sent.
            httpx2.TransportError: no connection, or no whole reply.
        """
        url = request.url
        host = url.raw_host.decode("ascii")  # an international name in the form in which it is looked up
        if url.scheme != "https" and not (url.scheme == "http" and self._policy.http_loopback and is_loopback(host)):
            raise UnsafeUrlError(_NO_HTTPS)
        try:
            addresses = await self._resolve(host, url.port or _PORTS[url.scheme])
        except (OSError, UnicodeError, RuntimeError) as error:  # RuntimeError: no thread can be started
            raise httpx2.ConnectError(_UNKNOWN_HOST, request=request) from error
        if not all(self._policy.allows(host, address) for address in addresses):
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
    """Look up addresses with the system's resolver, in threads of its own.

    A lookup cannot be interrupted, and at a silent name server it outlives the request. So requests to one host share
    its running lookup: a stranger's server must not take the threads from all other servers.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_MOST_LOOKUPS, thread_name_prefix="lookup")
        self._running: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of `host` in the order in which the system would try them."""
        running = self._running.get((host, port))
        if running is None:
            running = asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
            self._running[host, port] = running
            running.add_done_callback(partial(self._forget, (host, port)))
        return await asyncio.shield(running)

    def _forget(self, key: tuple[str, int], done: asyncio.Future[list[str]]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()  # read, because every request may have ended before

    def close(self) -> None:
        """Stop starting lookups."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _to(address: str, request: httpx2.Request) -> httpx2.Request:
    """Return the same request at `address`; the Host header and TLS (SNI, certificate) keep the name."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )
