"""Requests through real proxies: HTTP with CONNECT, SOCKS5, their passwords, and proxies that refuse or break off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx2
import pytest

from openab_auth.oauth.client import Driver, OAuthClient
from openab_auth.oauth.errors import NetworkVariableError, VendorUnavailableError
from openab_auth.oauth.http import BoundedTransport, NetworkPolicy, PrivateAddressError, RefusedAddressError, new_client
from openab_auth.storage import Secret, Tenant
from tests.support.proxies import LoopbackProxy, certificate_for
from tests.support.raw_server import GOOD, RawServer, whole

USER = ("ada", "canary-p4ss:%#")
QUOTED = "ada:canary-p4ss%3A%25%23"
CLIENT = OAuthClient("lab", "Lab", Tenant("lab"), token_url="https://far.example/token", client_id="client")
PROXIED = NetworkPolicy(proxied=True)


@pytest.fixture
def trusted(tmp_path: Path, server: RawServer) -> Path:
    """Let the server have a certificate for far.example, and answer with tokens."""
    trusted, server.tls = certificate_for(tmp_path, "far.example")
    server.sends = [whole(GOOD)]
    return trusted


@pytest.fixture
def port(server: RawServer) -> int:
    port: int = server.listener.getsockname()[1]
    return port


@pytest.fixture
async def proxy(port: int, trusted: Path) -> AsyncIterator[LoopbackProxy]:
    async with LoopbackProxy({"far.example": port, "127.0.0.1": port}).listening() as proxy:
        yield proxy


def environ(proxy: LoopbackProxy, trusted: Path, scheme: str = "http", user: str = "") -> Mapping[str, str]:
    return {"HTTPS_PROXY": f"{scheme}://{user}{proxy.address}", "SSL_CERT_FILE": str(trusted)}


async def refresh(environ: Mapping[str, str], deadline: float = 8.0) -> str:
    driver = Driver(environ=environ, deadline=deadline)
    try:
        response = await driver.refresh(CLIENT, Secret("canary-rt"), CLIENT.token_url)
        return response.access_token.reveal()
    finally:
        await driver.aclose()


async def get(url: str, environ: Mapping[str, str], policy: NetworkPolicy | None = None) -> int:
    async with new_client(policy, environ) as http:
        return (await BoundedTransport(http).handle_async_request(http.build_request("GET", url))).status_code


@pytest.mark.parametrize(("scheme", "method"), [("http", "CONNECT"), ("socks5", "SOCKS5"), ("socks5h", "SOCKS5")])
async def test_a_request_with_tls_goes_through_the_proxy_that_gets_only_the_name(
    proxy: LoopbackProxy, trusted: Path, server: RawServer, scheme: str, method: str
) -> None:
    assert await refresh(environ(proxy, trusted, scheme)) == "at"
    assert proxy.asked == [f"{method} far.example:443"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_the_password_of_a_proxy_is_sent_to_it_and_shown_to_nobody(
    proxy: LoopbackProxy, trusted: Path, scheme: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    proxy.user = USER
    assert await refresh(environ(proxy, trusted, scheme, f"{QUOTED}@")) == "at"
    with pytest.raises(VendorUnavailableError) as refused:
        await refresh(environ(proxy, trusted, scheme, "ada:canary-wrong@"))
    assert not refused.value.processed
    assert "canary" not in f"{refused.value}{refused.value!r}{caplog.text}"


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("fault", ["refuses", "is silent", "speaks nonsense", "is gone"])
async def test_a_proxy_that_lets_nothing_through_has_not_sent_the_request(
    proxy: LoopbackProxy, trusted: Path, server: RawServer, scheme: str, fault: str
) -> None:
    """The refresh token is unused, and a login's code still works."""
    used = environ(proxy, trusted, scheme)
    if fault == "refuses":
        proxy.names = {}
    elif fault == "is silent":
        proxy.silent = True
    elif fault == "is gone":
        used = {**used, "HTTPS_PROXY": f"{scheme}://127.0.0.1:9"}
    elif fault == "speaks nonsense":
        proxy.nonsense = True
    with pytest.raises(VendorUnavailableError) as failed:
        await refresh(used, deadline=0.5)
    assert not failed.value.processed
    assert not failed.value.unanswered
    assert server.requests == []


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_server_behind_a_proxy_that_took_the_request_and_hung_up_has_it(
    proxy: LoopbackProxy, trusted: Path, server: RawServer, scheme: str
) -> None:
    server.sends = []
    with pytest.raises(VendorUnavailableError) as failed:
        await refresh(environ(proxy, trusted, scheme))
    assert failed.value.processed
    assert failed.value.unanswered


async def test_exempt_hosts_are_reached_directly(proxy: LoopbackProxy, trusted: Path, port: int) -> None:
    url = f"https://localhost:{port}/"
    used = {**environ(proxy, trusted), "NO_PROXY": "localhost"}
    with pytest.raises(httpx2.ConnectError, match="certificate"):  # it is for far.example
        await get(url, used)
    assert proxy.asked == []


async def test_the_environment_is_read_once_for_each_client(proxy: LoopbackProxy, trusted: Path) -> None:
    used = dict(environ(proxy, trusted))
    async with new_client(environ=used) as http:
        used.update(HTTPS_PROXY="nonsense:port", NO_PROXY="*", SSL_CERT_FILE="/gone")
        for _ in range(2):
            await BoundedTransport(http).handle_async_request(http.build_request("GET", "https://far.example/"))
    assert len(proxy.asked) == 2


async def test_a_driver_recovers_when_the_variable_is_usable_again(proxy: LoopbackProxy, trusted: Path) -> None:
    """A certificate bundle may be mounted a moment after the bot has started."""
    later = trusted.with_name("later.pem")
    driver = Driver(environ={**environ(proxy, trusted), "SSL_CERT_FILE": str(later)})
    with pytest.raises(NetworkVariableError, match="SSL_CERT_FILE"):
        await driver.refresh(CLIENT, Secret("rt"), CLIENT.token_url)
    await asyncio.to_thread(trusted.rename, later)
    assert await driver.refresh(CLIENT, Secret("rt"), CLIENT.token_url)
    await driver.aclose()


async def test_a_stranger_is_reached_through_the_proxy_if_the_operator_says_so(
    proxy: LoopbackProxy, trusted: Path
) -> None:
    used = environ(proxy, trusted)
    with pytest.raises(httpx2.ConnectError):  # our own name server does not know it
        await get("https://far.example/mcp", used, NetworkPolicy())
    assert proxy.asked == []
    assert await get("https://far.example/mcp", used, PROXIED) == 200
    assert proxy.asked == ["CONNECT far.example:443"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "10.0.0.7", "169.254.169.254",
        "[::1]", "[::ffff:127.0.0.1]", "[fd00::5]", "[64:ff9b::7f00:1]", "localhost", "LOCALHOST", "a.localhost.",
    ],
)  # fmt: skip
async def test_no_proxy_is_asked_for_a_private_address(proxy: LoopbackProxy, trusted: Path, host: str) -> None:
    with pytest.raises((PrivateAddressError, httpx2.InvalidURL)):
        await get(f"https://{host}/mcp", environ(proxy, trusted), PROXIED)
    assert proxy.asked == []


@pytest.mark.parametrize("policy", [PROXIED, NetworkPolicy(proxied=True, http_loopback=True)])
async def test_nothing_unencrypted_goes_to_a_proxy(
    proxy: LoopbackProxy, trusted: Path, policy: NetworkPolicy, port: int
) -> None:
    used = {**environ(proxy, trusted), "HTTP_PROXY": f"http://{proxy.address}"}
    with pytest.raises(RefusedAddressError):
        await get("http://far.example/mcp", used, policy)
    with pytest.raises((RefusedAddressError, httpx2.TransportError)):
        await get(f"http://127.0.0.1:{port}/mcp", used, policy)
    assert proxy.asked == []


async def test_listed_private_hosts_may_be_asked_of_the_proxy(proxy: LoopbackProxy, trusted: Path) -> None:
    policy = NetworkPolicy(frozenset({"127.0.0.1"}), proxied=True)
    with pytest.raises(httpx2.ConnectError, match="certificate"):  # it is for far.example
        await get("https://127.0.0.1/mcp", environ(proxy, trusted), policy)
    assert proxy.asked == ["CONNECT 127.0.0.1:443"]


async def test_a_stranger_that_no_proxy_names_is_checked_as_without_a_proxy(
    proxy: LoopbackProxy, trusted: Path
) -> None:
    used = {**environ(proxy, trusted), "NO_PROXY": "localtest.example,10.0.0.0/8"}
    with pytest.raises(PrivateAddressError):
        await get("https://10.0.0.7/mcp", used, PROXIED)
    assert proxy.asked == []
