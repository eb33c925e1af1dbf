"""Servers that answer to do harm: what they send is bounded before it is worked on, and the event loop goes on."""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import OAuthError, VendorUnavailableError
from tests.oauth.http.hostile.hostile_requests import LONGEST_STEP, MEGABYTE, document, refresh, warm
from tests.support.patience import PATIENCE
from tests.support.raw_server import GOOD, RawServer, Sent, endless, self_signed, watched, whole

EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"  # of the deflate format


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
