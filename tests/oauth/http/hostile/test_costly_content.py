"""Replies that are costly to read: each is read in a moment, or refused in a moment."""

from __future__ import annotations

import json

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import VendorUnavailableError
from openab_auth.storage import Secret
from tests.oauth.http.hostile.hostile_requests import LONGEST_STEP, MEGABYTE, VENDOR, document, fetch, refresh, warm
from tests.support.raw_server import RawServer, watched, whole


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
