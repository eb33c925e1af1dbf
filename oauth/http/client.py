"""Make HTTP clients: this module alone decides about the proxy and the certificates of a request.

The library would read the environment by itself, and fail in the middle of a login. So it never does: the variables are
read and checked here, before anything is sent.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx2

from openab_auth.oauth.http.certificates import tls_context
from openab_auth.oauth.http.network_policy import NetworkPolicy
from openab_auth.oauth.http.pinned import PinnedTransport, check_named
from openab_auth.oauth.http.proxies import Proxy, all_proxies, proxy_for, proxy_variables

_LIMITS: Final = httpx2.Limits(max_keepalive_connections=0)  # a stale connection would lose a rotated token


def new_client(
    policy: NetworkPolicy | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> httpx2.AsyncClient:
    """Make an HTTP client that keeps no cookie and follows no redirect. Read its replies through a `BoundedTransport`.

    Without a policy the operator named the addresses, and requests take the proxies of `environ`. With one, a stranger
    may have named them, and requests take no proxy unless the policy is `proxied`. `transport` replaces the network.

    Raises:
        NetworkVariableError: a variable about proxies or certificates is unusable.
    """
    no_cookies = CookieJar(DefaultCookiePolicy(netscape=False, rfc2965=False))
    return httpx2.AsyncClient(
        transport=_transport(policy, environ, transport), trust_env=False, cookies=no_cookies, follow_redirects=False
    )


def new_local_client(socket: str = "") -> httpx2.AsyncClient:
    """Make an HTTP client whose requests do not leave this machine: to a Unix socket, or else to loopback addresses.

    They take no proxy, which could read them, and their addresses are plain http. It trusts no certificate.
    """
    network = httpx2.AsyncHTTPTransport(
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False, limits=_LIMITS, uds=socket or None
    )
    return new_client(environ={}, transport=network)


def check_environment(environ: Mapping[str, str]) -> None:
    """Read the variables about proxies and certificates, as `new_client` does. It blocks while files are read.

    Raises:
        NetworkVariableError: a variable is unusable, so no request can be sent.
    """
    all_proxies(environ)
    tls_context(environ)


def _transport(
    policy: NetworkPolicy | None, environ: Mapping[str, str], replacement: httpx2.AsyncBaseTransport | None
) -> httpx2.AsyncBaseTransport:
    if replacement is not None:
        return replacement if policy is None else PinnedTransport(policy, replacement)
    proxies = all_proxies(environ) if policy is None or policy.proxied else {}
    tls = tls_context(environ)
    direct: httpx2.AsyncBaseTransport = httpx2.AsyncHTTPTransport(verify=tls, trust_env=False, limits=_LIMITS)
    if policy is not None:
        direct = PinnedTransport(policy, direct)
    if not proxies:
        return direct
    through = {variable: _proxy_transport(proxy, tls) for variable, proxy in proxies.items()}
    return ProxiedTransport(proxy_variables(environ), direct, through, policy)


def _proxy_transport(proxy: Proxy, tls: ssl.SSLContext) -> httpx2.AsyncBaseTransport:
    if proxy.is_socks and proxy.auth:
        logging.getLogger("httpcore2.socks").setLevel(logging.INFO)  # at DEBUG it logs the password
    auth = None if proxy.auth is None else (proxy.auth[0].reveal(), proxy.auth[1].reveal())
    to_proxy = tls if proxy.scheme == "https" else None
    route = httpx2.Proxy(proxy.address, auth=auth, ssl_context=to_proxy)
    transport = httpx2.AsyncHTTPTransport(verify=tls, trust_env=False, limits=_LIMITS, proxy=route)
    return SocksTransport(transport) if proxy.is_socks else transport


class ProxiedTransport(httpx2.AsyncBaseTransport):
    """Send each request through the proxy that `environ` names for its address, or over `direct` if it names none.

    `through` holds a transport for each proxy, by its variable. With a `policy`, a proxy gets only requests to hosts
    that the policy can judge without looking up their names.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        direct: httpx2.AsyncBaseTransport,
        through: Mapping[str, httpx2.AsyncBaseTransport],
        policy: NetworkPolicy | None,
    ) -> None:
        self._environ = environ
        self._direct = direct
        self._through = through
        self._policy = policy

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request.

        Raises:
            RefusedAddressError: the policy does not allow the address; nothing was sent.
            httpx2.TransportError: no connection, or no whole reply.
        """
        proxy = proxy_for(str(request.url), self._environ)
        if proxy is None or (self._policy is not None and request.url.scheme != "https"):
            return await self._direct.handle_async_request(request)
        if self._policy is not None:
            check_named(self._policy, request.url)
        return await self._through[proxy.variable].handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in (self._direct, *self._through.values()):
            await transport.aclose()


class SocksTransport(httpx2.AsyncBaseTransport):
    """Send requests over `inner`, a SOCKS proxy, and clean up after a proxy that refuses or breaks the rules of SOCKS.

    httpcore2 then leaves the connection open, and raises errors that are none of httpx2's.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request.

        Raises:
            httpx2.TransportError: no connection, or no whole reply.
        """
        from socksio import SOCKSError  # noqa: PLC0415 - an optional library

        opened: list[Any] = []
        observe = request.extensions.get("trace")

        async def trace(event: str, info: dict[str, Any]) -> None:
            if event.endswith("connect_tcp.complete"):
                opened.append(info["return_value"])
            if observe is not None:
                await observe(event, info)

        request.extensions = {**request.extensions, "trace": trace}
        try:
            return await self._inner.handle_async_request(request)
        except BaseException as error:
            for stream in opened:
                await stream.aclose()
            if isinstance(error, SOCKSError | AssertionError):  # httpcore2 asserts the kind of each answer
                message = "the SOCKS proxy gave an answer that is not SOCKS5"
                raise httpx2.ReadError(message, request=request) from error
            raise

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()
