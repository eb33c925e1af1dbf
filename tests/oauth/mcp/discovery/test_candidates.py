"""Several documents may say the same: each is tried in order, and the failure that says most is told at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from openab_auth.oauth.errors import ServerUnusableError, VendorUnavailableError
from openab_auth.oauth.mcp import Fetch, discover
from openab_auth.oauth.vendors import McpServer
from tests.oauth.mcp.stranger import OPENID, RESOURCE, RFC_8414, Page, Stranger


@pytest.mark.parametrize("path", [f"{RESOURCE}/mcp", RFC_8414])
@pytest.mark.parametrize(
    "page",
    [
        Page("<h1>bad gateway</h1>", 502),
        Page("<h1>hi</h1>"),
        Page({"error": "not found"}),
        Page(status=302, headers={"Location": "https://evil.example/"}),
    ],
    ids=repr,
)
async def test_a_later_document_is_used_where_the_first_one_cannot_be(
    stranger: Stranger, server: McpServer, fetch: Fetch, path: str, page: Page
) -> None:
    stranger.is_a_good_server()
    stranger.pages |= {path: page, RESOURCE: Page(stranger.resource()), OPENID: Page(stranger.metadata())}
    if path == RFC_8414:
        del stranger.pages[RESOURCE]

    assert (await discover(server, fetch)).token_url == f"{stranger.url}/token"


@pytest.mark.parametrize(
    "change",
    [
        {"code_challenge_methods_supported": None},
        {"token_endpoint": None},
        {"authorization_endpoint": "http://x.example"},
    ],
    ids=str,
)
async def test_a_later_document_is_used_where_the_first_lacks_what_a_login_needs(
    stranger: Stranger, server: McpServer, fetch: Fetch, change: dict[str, Any]
) -> None:
    stranger.is_a_good_server(**change)
    stranger.pages[OPENID] = Page(stranger.metadata())

    assert (await discover(server, fetch)).token_url == f"{stranger.url}/token"


@pytest.mark.parametrize("pkce", ["", "unannounced"])
@pytest.mark.parametrize("methods", [["plain"], []], ids=str)
async def test_a_document_that_names_other_methods_than_s256_ends_the_search(
    stranger: Stranger, server: McpServer, fetch: Fetch, methods: list[str], pkce: Literal["", "unannounced"]
) -> None:
    stranger.is_a_good_server(code_challenge_methods_supported=methods)
    stranger.pages[OPENID] = Page(stranger.metadata(code_challenge_methods_supported=None))

    with pytest.raises(ServerUnusableError, match="S256"):
        await discover(replace(server, pkce=pkce), fetch)
    assert OPENID not in stranger.paths


@pytest.mark.parametrize("named", ["http://x.example/", "https://10.0.0.1/", "https://user:pw@x.example/", "nonsense"])
async def test_a_challenge_that_names_an_unusable_address_is_passed_over(
    stranger: Stranger, server: McpServer, fetch: Fetch, named: str
) -> None:
    stranger.is_a_good_server()
    stranger.pages["/mcp"] = Page(status=401, headers={"WWW-Authenticate": f'Bearer resource_metadata="{named}"'})

    assert (await discover(server, fetch)).issuer == stranger.url


async def test_an_unusable_address_in_a_challenge_is_told_at_the_end(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    page = Page(status=401, headers={"WWW-Authenticate": 'Bearer resource_metadata="http://x.example/"'})
    stranger.pages["/mcp"] = page

    with pytest.raises(ServerUnusableError, match=r"right now .it names an address that must be https"):
        await discover(server, fetch)


@pytest.mark.parametrize(("methods", "works"), [(None, True), ([], False), (["plain"], False), (["S256"], True)])
async def test_pkce_that_is_not_announced_needs_the_operators_word(
    stranger: Stranger, server: McpServer, fetch: Fetch, methods: list[str] | None, *, works: bool
) -> None:
    stranger.is_a_good_server(code_challenge_methods_supported=methods)
    told = replace(server, pkce="unannounced")

    if works:
        assert (await discover(told, fetch)).issuer == stranger.url
    else:
        with pytest.raises(ServerUnusableError, match="PKCE"):
            await discover(told, fetch)


async def test_pkce_that_is_not_announced_is_refused_and_the_key_is_named(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    stranger.is_a_good_server(code_challenge_methods_supported=None)

    with pytest.raises(ServerUnusableError) as refused:
        await discover(server, fetch)

    assert 'pkce = "unannounced"' in refused.value.todo


@pytest.mark.parametrize("page", [Page(status=502), Page("<h1>hi</h1>"), Page({"issuer": "x"}, 404)], ids=repr)
async def test_a_later_server_is_used_where_the_first_has_no_metadata(
    stranger: Stranger, server: McpServer, fetch: Fetch, page: Page
) -> None:
    stranger.is_a_good_server()
    first = f"{stranger.url}/down"
    stranger.pages[f"{RESOURCE}/mcp"] = Page(stranger.resource(authorization_servers=[first, stranger.url]))
    stranger.pages[f"{RFC_8414}/down"] = page

    assert (await discover(server, fetch)).issuer == stranger.url


async def test_a_server_that_has_our_client_is_not_replaced_while_it_is_down(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    stranger.is_a_good_server()
    ours = f"{stranger.url}/down"
    stranger.pages[f"{RESOURCE}/mcp"] = Page(stranger.resource(authorization_servers=[stranger.url, ours]))
    stranger.pages[f"{RFC_8414}/down"] = Page(status=502)

    with pytest.raises(VendorUnavailableError):
        await discover(server, fetch, registered_at=[ours])
