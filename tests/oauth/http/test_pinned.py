"""Connections to a stranger's host name: the name is resolved and checked once, then used."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

import httpx2
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from openab_auth.oauth.client import Driver
from openab_auth.oauth.http import NetworkPolicy, PinnedTransport, PrivateAddressError, UnsafeUrlError
from openab_auth.oauth.http.pinned import Lookups
from tests.support.patience import PATIENCE

PUBLIC = "93.184.215.14"


class Line(httpx2.AsyncBaseTransport):
    """Record the addresses of the connections; addresses in `down` accept no connection."""

    def __init__(self, down: tuple[str, ...] = ()) -> None:
        self.down = down
        self.tried: list[str] = []
        self.requests: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.tried.append(request.url.host)
        if request.url.host in self.down:
            raise httpx2.ConnectError("refused")  # noqa: EM101 - as the network would
        self.requests.append(request)
        return httpx2.Response(200)


class Names:
    """A name server: gives each answer once, and repeats the last answer."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def get(url: str, names: Names, line: Line, reach: NetworkPolicy | None = None) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=PinnedTransport(reach or NetworkPolicy(), line, names)) as client:
        return await client.get(url)


async def test_it_connects_to_the_checked_address_and_the_request_keeps_the_name() -> None:
    names, line = Names([PUBLIC]), Line()

    await get("https://mcp.example:8443/a?b=c", names, line)

    (request,) = line.requests
    assert str(request.url) == f"https://{PUBLIC}:8443/a?b=c"
    assert request.headers["Host"] == "mcp.example:8443"
    assert request.extensions["sni_hostname"] == "mcp.example"
    assert names.asked == [("mcp.example", 8443)]


async def test_an_international_name_is_checked_as_the_network_spells_it() -> None:
    names, line = Names([PUBLIC]), Line()

    await get("https://mcp.bücher.example/", names, line)

    assert names.asked == [("mcp.xn--bcher-kva.example", 443)]
    assert line.requests[0].extensions["sni_hostname"] == "mcp.xn--bcher-kva.example"


async def test_a_name_that_is_rebound_after_the_check_leads_nowhere_else() -> None:
    """DNS rebinding: no second answer is requested within a request, and the next request refuses it."""
    names, line = Names([PUBLIC], ["169.254.169.254"]), Line()

    await get("https://rebound.example/", names, line)
    assert line.tried == [PUBLIC]

    with pytest.raises(PrivateAddressError, match=r"rebound.example is in a private network"):
        await get("https://rebound.example/", names, line)
    assert line.tried == [PUBLIC]


@pytest.mark.parametrize("private", ["10.0.0.7", "127.0.0.1", "fd00::1", "::ffff:192.168.0.1"])
async def test_one_private_address_among_public_ones_refuses_the_name(private: str) -> None:
    line = Line()

    with pytest.raises(PrivateAddressError):
        await get("https://mixed.example/", Names([PUBLIC, private]), line)
    assert not line.tried


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::ffff:a00:1]", "[64:ff9b::a00:1]"],
)
async def test_no_spelling_of_a_private_address_gets_through(host: str) -> None:
    """Real resolution: the system's reading of a spelling is what counts."""
    line = Line()

    with pytest.raises((httpx2.TransportError, httpx2.InvalidURL)):
        async with httpx2.AsyncClient(transport=PinnedTransport(NetworkPolicy(), line)) as client:
            await client.get(f"https://{host}/")
    assert not line.tried


async def test_the_next_address_is_tried_when_one_takes_no_connection() -> None:
    line = Line(down=("2606:4700::1",))

    await get("https://mcp.example/", Names(["2606:4700::1", PUBLIC]), line)

    assert line.tried == ["2606:4700::1", PUBLIC]


async def test_a_name_without_an_address_is_no_connection() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        raise OSError

    async with httpx2.AsyncClient(transport=PinnedTransport(NetworkPolicy(), Line(), unknown)) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get("https://nowhere.example/")


@pytest.mark.parametrize("url", ["http://mcp.example/", "http://127.0.0.1/", "http://localhost/"])
async def test_plain_http_is_refused(url: str) -> None:
    with pytest.raises(UnsafeUrlError):
        await get(url, Names([PUBLIC]), Line())


async def test_the_test_option_allows_plain_http_to_this_machine_alone() -> None:
    line = Line()

    await get("http://127.0.0.1:9/", Names(["127.0.0.1"]), line, NetworkPolicy(http_loopback=True))
    with pytest.raises(UnsafeUrlError):
        await get("http://mcp.example/", Names(["127.0.0.1"]), line, NetworkPolicy(http_loopback=True))


async def test_an_address_is_resolved_to_itself() -> None:
    assert await Lookups().addresses("127.0.0.1", 443) == ["127.0.0.1"]


# TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make a self-signed certificate for mcp.example."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mcp.example")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("mcp.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "mcp.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + signed.public_bytes(pem))
    return path


@pytest.fixture
async def port(certificate: Path) -> AsyncIterator[int]:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text=request.host)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield runner.addresses[0][1]
    await runner.cleanup()
    await asyncio.sleep(0)


async def test_the_certificate_is_checked_against_the_name_and_not_the_address(certificate: Path, port: int) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    reach = NetworkPolicy(hosts=frozenset({"mcp.example", "other.example"}))
    limits = httpx2.Limits(max_keepalive_connections=0)
    transport = PinnedTransport(reach, httpx2.AsyncHTTPTransport(verify=trusting, limits=limits), Names(["127.0.0.1"]))

    async with httpx2.AsyncClient(transport=transport) as client:
        assert (await client.get(f"https://mcp.example:{port}/")).text == f"mcp.example:{port}"
        with pytest.raises(httpx2.ConnectError, match=r"other\.example"):
            await client.get(f"https://other.example:{port}/")


async def test_names_that_are_never_answered_keep_no_thread_from_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup cannot be interrupted, so a dead name server blocks the thread of the lookup."""
    done = threading.Event()

    def unanswered(*_: object, **__: object) -> NoReturn:
        done.wait(PATIENCE)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unanswered)
    driver = Driver(Line())
    asking = [
        asyncio.create_task(driver.http(NetworkPolicy()).get(f"https://{number}.example/")) for number in range(40)
    ]
    await asyncio.sleep(0)
    try:
        assert await asyncio.wait_for(asyncio.to_thread(str, 7), PATIENCE) == "7"
        assert not any(task.done() for task in asking)
    finally:
        done.set()
        assert {type(error) for error in await asyncio.gather(*asking, return_exceptions=True)} == {httpx2.ConnectError}
        await driver.aclose()


async def test_requests_to_a_silent_name_keep_no_thread_from_other_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request ends after seconds, but the lookup that it began goes on for much longer."""
    done, resolve = threading.Event(), socket.getaddrinfo

    def silent_for_one(host: str, *words: Any, **named: Any) -> Any:
        if host == "silent.example":
            done.wait(PATIENCE)
            raise socket.gaierror
        return resolve(host, *words, **named)

    monkeypatch.setattr(socket, "getaddrinfo", silent_for_one)
    lookups = Lookups()
    for _ in range(40):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lookups.addresses("silent.example", 443), 0.01)
    try:
        assert "127.0.0.1" in await asyncio.wait_for(lookups.addresses("localhost", 443), PATIENCE / 2)
    finally:
        done.set()
        with pytest.raises(socket.gaierror):
            await lookups.addresses("silent.example", 443)
        lookups.close()
