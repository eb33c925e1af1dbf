"""Servers that answer to do harm: what they send is bounded before it is worked on, and the event loop goes on."""

from __future__ import annotations

import json
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import OAuthError, VendorUnavailableError
from openab_auth.oauth.http import NetworkPolicy
from openab_auth.oauth.mcp import Fetch
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import Secret, Tenant
from tests.support.patience import PATIENCE
from tests.support.raw_server import GOOD, RawServer, Sent, endless, self_signed, watched, whole

LONGEST_STEP = 0.1  # seconds of this thread's own processor time, which a busy machine does not add to
VENDOR = Vendor("lab", "Lab", Tenant("lab"), client_id="c", account_from="email")
MEGABYTE = 2**20
EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"  # of the deflate format


@pytest.fixture
async def driver() -> AsyncIterator[Driver]:
    driver = Driver(deadline=PATIENCE)
    yield driver
    await driver.aclose()


async def refresh(driver: Driver, server: RawServer) -> str:
    return (await driver.refresh(VENDOR.client(), Secret("rt-1"), f"{server.url}/token")).access_token.reveal()


async def document(driver: Driver, server: RawServer) -> object:
    return await fetch(driver).document(f"{server.url}/.well-known/oauth-protected-resource")


def fetch(driver: Driver) -> Fetch:
    return Fetch(driver.http(NetworkPolicy(http_loopback=True)), "mcp:lab", "lab", deadline=PATIENCE)


async def warm(driver: Driver, server: RawServer) -> None:
    """The certificates are loaded by a client's first request, whoever answers it."""
    server.sends = [whole(GOOD)]
    assert await refresh(driver, server) == "at"
    assert await document(driver, server)
    server.requests.clear()


async def is_refused(driver: Driver, server: RawServer, sends: Callable[[], Sent], *, why: str = "") -> None:
    """A vendor's refresh and a stranger's document both end without an answer, and stop nothing."""
    await warm(driver, server)
    for ask in (refresh, document):
        server.sends = sends()
        async with watched() as steps:
            with pytest.raises(VendorUnavailableError, match=why):
                await ask(driver, server)
        assert steps.longest < LONGEST_STEP


def empty_deflate(layers: int) -> bytes:
    """Hundreds of kilobytes that unpack to nothing, `layers` times over: blocks without content, packed again."""
    content, again = bytes.fromhex("1f8b0800000000000003"), EMPTY_BLOCK * 2**17
    for _ in range(layers - 1):
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        content = packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)
        again = (packer.compress(again) + packer.flush(zlib.Z_FULL_FLUSH)) * 64
    return content + again


def encoded(coding: bytes, body: bytes) -> list[bytes]:
    return [whole(body, b"Content-Encoding: " + coding)]


def zeros() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(bytes(500 * MEGABYTE)) + packer.flush()


@pytest.mark.parametrize(
    ("sends", "why"),
    [
        (lambda: encoded(b"gzip, gzip, gzip", empty_deflate(3)), "compressed"),
        (lambda: encoded(b"gzip, gzip", empty_deflate(2)), "compressed"),
        (lambda: encoded(b"gzip", empty_deflate(1) + EMPTY_BLOCK * 2**17), "longer than"),
        (lambda: encoded(b"gzip", zeros()), "longer than"),
        (lambda: encoded(b"gzip", b"not gzip at all"), "compressed"),
        (lambda: encoded(b"gzip\r\nContent-Encoding: gzip", empty_deflate(2)), "compressed"),
        (lambda: encoded(b"deflate", b"x"), "compressed"),
        (lambda: encoded(b"br", b"x"), "compressed"),
        (lambda: encoded(b"zstd", b"x"), "compressed"),
    ],
    ids=["thrice", "twice", "endless-nothing", "zeros", "broken", "two-headers", "deflate", "brotli", "zstandard"],
)
async def test_no_coding_makes_work_that_the_bytes_of_the_reply_do_not_bound(
    driver: Driver, server: RawServer, sends: Callable[[], Sent], why: str
) -> None:
    await is_refused(driver, server, sends, why=why)


@pytest.mark.parametrize(
    "sends",
    [
        lambda: endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        lambda: endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
        lambda: endless(b"HTTP/1.1 200 ", b"O"),
        lambda: endless(b"HTTP/1.1 200 OK\r\n", b"a:\r\n"),
        lambda: endless(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        lambda: endless(b"HTTP/1.1 200 OK\r\nX: x\r\n", b" folded\r\n"),
        lambda: [whole(GOOD, *[b"a:"] * 15_000)],
        lambda: [whole(GOOD, *[b"Set-Cookie: a=b; expires=" + b" " * 900] * 60)],
    ],
    ids=["continue", "hints", "status", "headers", "header", "folded", "many", "cookies"],
)
async def test_the_head_of_a_reply_is_bounded(driver: Driver, server: RawServer, sends: Callable[[], Sent]) -> None:
    await is_refused(driver, server, sends, why="the head of the reply is longer than")


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("sends", "why"),
    [
        (lambda: endless(CHUNKED, b"1\r\n \r\n"), "pieces"),
        (lambda: endless(CHUNKED, b"1000;" + b"x" * 50_000 + b"\r\n" + b" " * 4096 + b"\r\n"), "longer than"),
        (lambda: endless(CHUNKED + b"1;", b"x"), "cut"),
        (lambda: endless(CHUNKED + b"0\r\n", b"x: y\r\n"), "cut"),
        (lambda: endless(b"HTTP/1.1 200 OK\r\n\r\n", b" "), "longer than"),
        (lambda: endless(whole(b"")[:-4] + b"\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", b"x"), "cut"),
    ],
    ids=["small-chunks", "extensions", "extension", "trailers", "no-length", "transfer-coding"],
)
async def test_what_frames_a_body_is_counted_like_the_body(
    driver: Driver, server: RawServer, sends: Callable[[], Sent], why: str
) -> None:
    await is_refused(driver, server, sends, why=why)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * MEGABYTE,
        b'{"a":' * (MEGABYTE // 6),
        b'{"access_token": "at", "a": [' + b"[]," * 300_000 + b"1]}",
        b"{" + b",".join(b'"%x":0' % number for number in range(80_000)) + b',"access_token":"at"}',
        b'{"access_token": "at", "expires_in": ' + b"9" * 1_000_000 + b"}",
        b"9" * MEGABYTE,
        b"\xff\xfe" + b"\x00\xd8" * 1000,
    ],
    ids=["deep", "deep-objects", "lists", "members", "digits", "number", "surrogates"],
)
async def test_a_document_that_is_costly_to_parse_is_no_document(
    driver: Driver, server: RawServer, body: bytes
) -> None:
    await warm(driver, server)
    server.sends = [whole(body)]
    async with watched() as steps:
        with pytest.raises(VendorUnavailableError, match="without JSON"):
            await refresh(driver, server)
        assert await document(driver, server) is None
    assert steps.longest < LONGEST_STEP


@pytest.mark.parametrize(
    "members",
    [
        {"id_token": "".join(map(str, range(170_000))), "email": "ada@example.com"},
        {"id_token": f"a.{'W1tb' * 200_000}.c", "email": "ada@example.com"},
        {"id_token": "." * (MEGABYTE - 1000)},
        {"id_token": "x" * 60_000, "refresh_token": "y" * 60_000, "email": "z" * 100_000},
        {"email": "a " * 400_000},
        {"scope": "a " * 400_000},
        {"scope": ["a"] * 5000},
        {"expires_in": "9" * (MEGABYTE - 1000)},
        {"expires_in": 10**4000},
        {"refresh_token": json.loads("[" * 400 + "]" * 400)},
    ],
    ids=["id_token", "nested-claims", "dots", "tokens", "email", "scope", "scopes", "expires_in", "integer", "nested"],
)
async def test_a_token_reply_is_read_in_a_moment_whatever_else_is_in_it(
    driver: Driver, server: RawServer, members: dict[str, object]
) -> None:
    await warm(driver, server)
    server.sends = [whole(json.dumps({"access_token": "at-2", **members}).encode())]
    async with watched() as steps:
        assert await refresh(driver, server) == "at-2"
    assert steps.longest < LONGEST_STEP


@pytest.mark.parametrize(
    ("token", "said"),
    [("%", "%25%25%2"), ("&", "%26%26%2"), ("a", "aaaaaab "), ("&state=", "&state=&"), ("ab", "abababac")],
)
async def test_a_token_that_is_slow_to_search_for_is_taken_out_in_a_moment(
    driver: Driver, server: RawServer, token: str, said: str
) -> None:
    """The server chose the token that it is now sent."""
    await warm(driver, server)
    body = json.dumps({"error": "server_error", "error_description": said * 400}).encode()
    server.sends = [whole(body, status=b"400 Bad Request")]
    posted = Secret((token * 2**16)[: 2**16])
    async with watched() as steps:
        with pytest.raises(VendorUnavailableError):
            await driver.refresh(VENDOR.client(), posted, f"{server.url}/token")
    assert steps.longest < LONGEST_STEP


@pytest.mark.parametrize(
    "challenge",
    [
        b"Bearer " + b"a " * 15_000,
        b"Bearer " + b"a " * 4_000,
        b"Bearer " + b"a," * 4_000,
        b'Bearer scope="' + b"a " * 4_000 + b'"',
        b'Bearer scope="' + b"\\a" * 4_000,
        b"Bearer a" + b" " * 8_000 + b"=",
        b"Bearer a" + b"=" * 8_000 + b"!",
    ],
    ids=["longer", "schemes", "commas", "scopes", "open", "spaces", "equals"],
)
async def test_a_long_challenge_is_read_in_a_moment(driver: Driver, server: RawServer, challenge: bytes) -> None:
    await warm(driver, server)
    server.sends = [whole(b"", b"WWW-Authenticate: " + challenge, status=b"401 No")]
    async with watched() as steps:
        status, _ = await fetch(driver).challenge(f"{server.url}/mcp", {})
    assert status == 401
    assert steps.longest < LONGEST_STEP


@pytest.mark.parametrize(
    "value",
    [
        b"9" * 30_000,
        b"-1",
        b"1e999",
        b"Mon, 01 Jan 0001 00:00:00 +9999",
        b"Mon, 01 Jan 2030 00:00:00 +99999999999999999999",
        b"Fri, 31 Feb 99999999999999999999999 99:99:99 GMT",
        b"Mon, " * 6000,
        b"(" * 30_000,
        b"\xff\xfe",
    ],
    ids=range(9),
)
async def test_an_absurd_wait_is_at_most_a_day(driver: Driver, server: RawServer, value: bytes) -> None:
    await warm(driver, server)
    server.sends = [whole(b"{}", b"Retry-After: " + value, status=b"503 Busy")]
    async with watched() as steps:
        with pytest.raises(VendorUnavailableError) as unavailable:
            await refresh(driver, server)
    assert unavailable.value.retry_after is None or 0 <= unavailable.value.retry_after <= 24 * 3600
    assert steps.longest < LONGEST_STEP


@pytest.mark.parametrize(
    "where", [b"http://[", b"//[::1", b"http://a:99999999/", b"x" * 30_000, b"\xff\xfe", b"//" * 9999]
)
async def test_a_redirect_to_no_address_is_no_redirect(driver: Driver, server: RawServer, where: bytes) -> None:
    await warm(driver, server)
    server.sends = [whole(b"", b"Location: " + where, status=b"302 Found")]

    with suppress(OAuthError):
        assert await document(driver, server) is None
    with pytest.raises(OAuthError, match="redirects"):
        await refresh(driver, server)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n", CHUNKED, b"HTTP/1.1 200 OK\r\n\r\n"])
@pytest.mark.parametrize("drop", [b"x", b"HTTP/1.1 100 Go\r\n\r\n"], ids=["byte", "interim"])
async def test_a_server_that_always_sends_a_little_more_is_left_at_the_deadline(
    server: RawServer, start: bytes, drop: bytes
) -> None:
    driver = Driver(deadline=1.0)
    server.sends, server.pause = chain([start], repeat(drop)), 0.05
    began = time.monotonic()
    with pytest.raises(VendorUnavailableError):
        await refresh(driver, server)
    await driver.aclose()
    assert time.monotonic() - began < PATIENCE


async def test_inside_tls_the_same_limits_hold(
    driver: Driver, server: RawServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(certificate)
    await warm(driver, server)
    server.sends = endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
    with pytest.raises(VendorUnavailableError, match="the head of the reply is longer than"):
        await refresh(driver, server)
    server.sends = endless(CHUNKED, b"1000;" + b"x" * 50_000 + b"\r\n" + b" " * 4096 + b"\r\n")
    with pytest.raises(VendorUnavailableError, match="longer than"):
        await document(driver, server)


async def test_nothing_compressed_is_asked_for(driver: Driver, server: RawServer) -> None:
    await warm(driver, server)
    await refresh(driver, server)
    await document(driver, server)
    assert [b"accept-encoding: identity" in request.lower() for request in server.requests] == [True, True]
