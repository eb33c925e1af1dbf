"""Redirects during discovery are followed only within one origin, and only a few times."""

from __future__ import annotations

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import ServerUnusableError, VendorUnavailableError
from openab_auth.oauth.mcp import Fetch, discover
from openab_auth.oauth.vendors import McpServer
from tests.oauth.mcp.stranger import LOOPBACK, RFC_8414, Page, Stranger

# Redirects and bounds


async def test_a_redirect_within_the_origin_is_followed(stranger: Stranger, server: McpServer, fetch: Fetch) -> None:
    stranger.is_a_good_server()
    stranger.pages["/moved"] = stranger.pages.pop("/mcp")
    stranger.pages["/mcp"] = Page(status=307, headers={"Location": "/moved"})
    stranger.pages[RFC_8414] = Page(status=302, headers={"Location": "/documents/as"})
    stranger.pages["/documents/as"] = Page(stranger.metadata())

    assert (await discover(server, fetch)).issuer == stranger.url
    assert [method for method, path, _ in stranger.asked if path == "/moved"] == ["POST"]


async def test_a_redirect_to_another_origin_is_not_followed(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    stranger.is_a_good_server()
    other = stranger.url.replace("127.0.0.1", "localhost")
    stranger.pages[RFC_8414] = Page(status=302, headers={"Location": f"{other}/stolen"})
    stranger.pages["/stolen"] = Page(stranger.metadata())

    with pytest.raises(ServerUnusableError, match="no metadata"):
        await discover(server, fetch)
    assert "/stolen" not in stranger.paths


async def test_redirects_in_a_circle_end(stranger: Stranger, server: McpServer, fetch: Fetch) -> None:
    stranger.is_a_good_server()
    stranger.pages[RFC_8414] = Page(status=302, headers={"Location": RFC_8414})

    with pytest.raises(ServerUnusableError, match="no metadata"):
        await discover(server, fetch)
    assert stranger.paths.count(RFC_8414) <= 5


@pytest.mark.parametrize("page", [Page(drip=True), Page("x" * 1_100_000)], ids=["endless", "huge"])
async def test_a_document_without_end_stops_the_discovery(
    stranger: Stranger, server: McpServer, driver: Driver, page: Page
) -> None:
    stranger.is_a_good_server()
    stranger.pages[RFC_8414] = page

    with pytest.raises(VendorUnavailableError):
        await discover(server, Fetch(driver.http(LOOPBACK), "mcp:lab", "lab", deadline=0.5))
