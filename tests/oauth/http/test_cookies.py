"""No client of this project keeps or sends a server's cookie."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from openab_auth.bot.cli.doctor.network import check_network
from openab_auth.bot.client import point_discord_at
from openab_auth.bot.errors import DiscordUnavailableError
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.oauth.client import Driver, RequestContext
from openab_auth.oauth.client.replies.verdict import RequestContext
from openab_auth.oauth.http import NetworkPolicy, new_client
from openab_auth.oauth.mcp import Fetch
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import Secret, Tenant, TokenEntry
from tests.support.raw_server import GOOD, RawServer, whole

COOKIES = (
    b"Set-Cookie: a=canary",
    b"Set-Cookie: b=canary; Path=/; Domain=127.0.0.1",
    b"Set-Cookie: c=canary; Path=/; Expires=Fri, 31 Dec 9999 23:59:59 GMT",
    b'Set-Cookie2: d="canary"; Version="1"; Path="/"',
)


@pytest.fixture
async def driver() -> AsyncIterator[Driver]:
    driver = Driver()
    yield driver
    await driver.aclose()


def vendor(server: RawServer) -> Vendor:
    return Vendor(
        VendorName("lab"),
        "Lab",
        Tenant("lab"),
        token_url=f"{server.url}/token",
        client_id="c",
        revoke_url=f"{server.url}/revoke",
    )


def sends_no_cookie(server: RawServer, requests: int) -> bool:
    assert len(server.requests) == requests
    return not [request for request in server.requests if b"cookie" in request.lower() or b"canary" in request]


async def test_no_request_to_a_vendor_carries_a_cookie(driver: Driver, server: RawServer) -> None:
    lab = vendor(server)
    server.sends = [whole(GOOD, *COOKIES)]
    question = RequestContext("lab", "lab", "other")
    for _ in range(2):
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)
        await driver.post(lab.client(), question, lab.token_url, {})
        reply = await driver.send(lab.client(), question, lab.token_url)
        assert "set-cookie" not in reply.headers
        assert await driver.revoke(lab.client(), Secret("rt"))
    assert sends_no_cookie(server, 8)


async def test_a_repeated_revocation_carries_no_cookie_of_the_first_answer(driver: Driver, server: RawServer) -> None:
    server.sends = [whole(b"{}", *COOKIES, status=b"415 No")]
    with pytest.raises(Exception, match="lab"):
        await driver.revoke(vendor(server).client(), Secret("rt"))
    assert sends_no_cookie(server, 2)


async def test_no_request_to_an_mcp_server_carries_a_cookie(driver: Driver, server: RawServer) -> None:
    fetch = Fetch(driver.http(NetworkPolicy(http_loopback=True)), "mcp:lab", "lab", deadline=driver.deadline)
    server.sends = [whole(GOOD, b"Location: /again", *COOKIES, status=b"307 Moved")]
    await fetch.document(f"{server.url}/x")
    await fetch.post(f"{server.url}/x", {})
    await fetch.challenge(f"{server.url}/x", {})
    assert sends_no_cookie(server, 12)


async def test_a_client_of_ours_keeps_no_cookie_however_it_is_used(server: RawServer) -> None:
    server.sends = [whole(GOOD, *COOKIES)]
    async with new_client() as client:
        for _ in range(2):
            await client.get(f"{server.url}/x")
        assert not list(client.cookies.jar)
    assert sends_no_cookie(server, 2)


async def test_doctor_and_the_look_at_discords_gateway_carry_no_cookie(server: RawServer) -> None:
    server.sends = [whole(b"{}", *COOKIES)]
    discord = DiscordSettings(bot_token=Secret("t"), api_base=server.url)
    for _ in range(2):
        await check_network([vendor(server)], discord)
        with pytest.raises(DiscordUnavailableError):
            await point_discord_at(server.url)
    assert sends_no_cookie(server, 8)


async def test_the_auth_of_an_agent_leaves_its_client_as_it_was(
    source: TokenSource, login: TokenEntry, server: RawServer, tmp_path: Path
) -> None:
    """An agent decides about its own cookies and encodings; only the Authorization header is ours."""
    server.sends = [whole(b"{}", b"Set-Cookie: mine=1")]
    async with httpx2.AsyncClient(auth=source.auth("lab")) as client:
        headers = dict(client.headers)
        for _ in range(2):
            await client.get(f"{server.url}/x")
        assert dict(client.headers) == headers
        assert [cookie.name for cookie in client.cookies.jar] == ["mine"]
        assert not client.follow_redirects
    first, second = server.requests
    assert b"cookie" not in first.lower()
    assert b"cookie: mine=1" in second.lower()
    assert b"accept-encoding: gzip" in first.lower()
