"""Servers of the older specification, which are their own authorization servers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openab_auth.oauth.errors import ServerUnusableError
from openab_auth.oauth.mcp import Fetch, discover
from openab_auth.oauth.vendors import McpServer
from tests.oauth.mcp.stranger import RESOURCE, RFC_8414, Page, Stranger

# Servers of 2025-03-26: their origin is the authorization server


@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_old_servers_own_metadata_is_used(
    stranger: Stranger, server: McpServer, fetch: Fetch, slash: str
) -> None:
    stranger.pages = {
        "/mcp": Page(status=401, headers={"WWW-Authenticate": 'Bearer scope="read"'}),
        RFC_8414: Page(stranger.metadata(f"{stranger.url}{slash}")),
    }

    found = await discover(server, fetch)

    assert found.issuer == f"{stranger.url}{slash}"
    assert found.resource == stranger.mcp
    assert found.asked == ("read",)
    assert stranger.paths == ["/mcp", f"{RESOURCE}/mcp", RESOURCE, RFC_8414]


async def test_an_old_server_without_any_metadata_has_the_default_endpoints(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    stranger.pages = {"/mcp/": Page(status=401)}

    found = await discover(replace(server, url=f"{server.url}/"), fetch)

    assert (found.authorize_url, found.token_url, found.registration_url) == tuple(
        f"{stranger.url}/{name}" for name in ("authorize", "token", "register")
    )
    assert found.resource == stranger.mcp


async def test_an_old_servers_metadata_of_another_issuer_is_refused(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    stranger.pages = {"/mcp": Page(status=401), RFC_8414: Page(stranger.metadata("https://evil.example"))}

    with pytest.raises(ServerUnusableError, match="another issuer"):
        await discover(server, fetch)
