"""Finding the authorization server of a server: the specification's order, and every refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openab_auth.oauth.errors import ServerUnusableError, VendorUnavailableError
from openab_auth.oauth.mcp import Discovered, Fetch, discover
from openab_auth.oauth.vendors import McpServer
from tests.oauth.mcp.stranger import OPENID, RESOURCE, RFC_8414, Page, Stranger, with_path


async def test_a_server_of_the_newest_specification_is_found(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    stranger.is_a_good_server(
        revocation_endpoint=f"{stranger.url}/revoke",
        authorization_response_iss_parameter_supported=True,
        client_id_metadata_document_supported=True,
        token_endpoint_auth_methods_supported=["none"],
    )

    found = await discover(server, fetch)

    assert found == Discovered(
        issuer=stranger.url,
        resource=stranger.mcp,
        authorize_url=f"{stranger.url}/authorize",
        token_url=f"{stranger.url}/token",
        registration_url=f"{stranger.url}/register",
        revoke_url=f"{stranger.url}/revoke",
        iss_announced=True,
        auth_methods=("none",),
        takes_metadata_documents=True,
    )
    assert stranger.paths == ["/mcp", f"{RESOURCE}/mcp", RFC_8414]
    assert stranger.asked[0][2]["method"] == "initialize"


async def test_without_a_challenge_well_known_addresses_are_tried_in_order(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    """MCP, authorization server discovery: with the path first; the issuer's three documents in this order."""
    issuer = f"{stranger.url}/tenant1/"
    stranger.pages = {
        RESOURCE: Page(stranger.resource(authorization_servers=[issuer], resource=stranger.url)),
        "/tenant1" + OPENID: Page(stranger.metadata(issuer)),
    }

    found = await discover(with_path(server, "/public/mcp"), fetch)

    assert found.issuer == issuer
    assert found.resource == stranger.url
    assert stranger.paths == [
        "/public/mcp",
        f"{RESOURCE}/public/mcp",
        RESOURCE,
        f"{RFC_8414}/tenant1",
        f"{OPENID}/tenant1",
        f"/tenant1{OPENID}",
    ]


async def test_a_page_where_a_document_should_be_is_passed_over(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    """Ours: many sites answer every address with 200 and their front page."""
    stranger.is_a_good_server()
    stranger.pages[f"{RESOURCE}/mcp"] = Page("<!doctype html><h1>Welcome</h1>")
    stranger.pages[RESOURCE] = Page(stranger.resource())
    stranger.pages[RFC_8414] = Page(["not", "an", "object"])
    stranger.pages[OPENID] = Page(stranger.metadata())

    assert (await discover(server, fetch)).token_url == f"{stranger.url}/token"


@pytest.mark.parametrize("status", [500, 503, 429])
@pytest.mark.parametrize("path", ["/mcp", f"{RESOURCE}/mcp", RFC_8414])
async def test_a_server_that_is_down_is_not_taken_for_an_old_one(
    stranger: Stranger, server: McpServer, fetch: Fetch, path: str, status: int
) -> None:
    stranger.is_a_good_server()
    stranger.pages[path] = Page("<h1>busy</h1>", status)

    with pytest.raises(VendorUnavailableError, match=f"HTTP {status}"):
        await discover(server, fetch)
    assert "/register" not in stranger.paths
    assert (RFC_8414 in stranger.paths) == (path == RFC_8414)


async def test_a_server_that_refuses_only_tool_calls_is_found_all_the_same(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    stranger.is_a_good_server()
    stranger.pages["/mcp"] = Page({"jsonrpc": "2.0", "id": 1, "result": {}})

    assert (await discover(server, fetch)).issuer == stranger.url


async def test_an_open_stream_of_events_does_not_hold_the_discovery_up(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    stranger.is_a_good_server()
    stranger.pages["/mcp"] = Page(drip=True)

    assert (await discover(server, fetch)).issuer == stranger.url


@pytest.mark.parametrize(
    "resource",
    [
        "https://evil.example/mcp",
        "{url}/mc",
        "{url}/mcp/deeper",
        "{url}/other",
        "{url}/mcp/../other",
        "{url}/mcp?a=b",
        "x",
        "",
    ],
)
async def test_metadata_of_another_resource_is_refused(
    stranger: Stranger, server: McpServer, fetch: Fetch, resource: str
) -> None:
    """RFC 9728 3.3."""
    stranger.is_a_good_server()
    stranger.pages[f"{RESOURCE}/mcp"] = Page(stranger.resource(resource=resource.format(url=stranger.url)))

    with pytest.raises(ServerUnusableError, match="another resource"):
        await discover(server, fetch)
    assert stranger.paths[-1] == f"{RESOURCE}/mcp"


@pytest.mark.parametrize("resource", ["{url}/mcp", "{url}/mcp/", "{url}", "{url}/"])
async def test_the_resource_is_taken_byte_for_byte_from_the_endpoint_or_a_parent(
    stranger: Stranger, server: McpServer, fetch: Fetch, resource: str
) -> None:
    stranger.is_a_good_server()
    said = resource.format(url=stranger.url)
    stranger.pages[f"{RESOURCE}/mcp"] = Page(stranger.resource(resource=said))

    assert (await discover(server, fetch)).resource == said


async def test_metadata_of_another_issuer_is_refused_without_another_try(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    """RFC 8414 3.3: not even a slash at the end may differ."""
    stranger.is_a_good_server()
    stranger.pages[RFC_8414] = Page(stranger.metadata(f"{stranger.url}/"))
    stranger.pages[OPENID] = Page(stranger.metadata())

    with pytest.raises(ServerUnusableError, match=r"another issuer.*set issuer in \[mcp.lab\]"):
        await discover(server, fetch)
    assert stranger.paths[-1] == RFC_8414


async def test_the_operators_issuer_is_what_the_metadata_must_say(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    stranger.is_a_good_server()
    stranger.pages[RFC_8414] = Page(stranger.metadata("https://accounts.example"))

    found = await discover(replace(server, issuer="https://accounts.example"), fetch)
    assert found.issuer == "https://accounts.example"

    with pytest.raises(ServerUnusableError, match="another issuer"):
        await discover(replace(server, issuer="https://accounts.example/"), fetch)


async def test_of_several_authorization_servers_one_that_knows_us_is_chosen(
    stranger: Stranger, server: McpServer, fetch: Fetch
) -> None:
    stranger.is_a_good_server()
    issuers = [f"{stranger.url}/one", f"{stranger.url}/two", f"{stranger.url}/three"]
    stranger.pages[f"{RESOURCE}/mcp"] = Page(stranger.resource(authorization_servers=issuers))
    for issuer, name in zip(issuers, ("one", "two", "three"), strict=True):
        stranger.pages[f"{RFC_8414}/{name}"] = Page(stranger.metadata(issuer))

    assert (await discover(server, fetch)).issuer == issuers[0]
    assert (await discover(server, fetch, registered_at=["https://else.example", issuers[2]])).issuer == issuers[2]
    named = replace(server, issuer=issuers[1])
    assert (await discover(named, fetch, registered_at=[issuers[2]])).issuer == issuers[1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code_challenge_methods_supported": None}, "S256"),
        ({"code_challenge_methods_supported": ["plain"]}, "S256"),
        ({"authorization_endpoint": None}, "authorization_endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint"),
        ({"authorization_endpoint": "data:text/html,x"}, "authorization_endpoint"),
        ({"token_endpoint": "http://10.0.0.1/token"}, "token_endpoint"),
        ({"token_endpoint": "https://me:secret@as.example/token"}, "token_endpoint"),
        ({"token_endpoint": "https://as.example/token#x"}, "token_endpoint"),
        ({"token_endpoint": "https://as.example/token\r\nX-Injected: 1"}, "token_endpoint"),
        ({"token_endpoint": ["https://as.example/token"]}, "token_endpoint"),
    ],
    ids=str,
)
async def test_metadata_without_what_a_safe_login_needs_is_refused(
    stranger: Stranger, server: McpServer, fetch: Fetch, change: dict[str, Any], reason: str
) -> None:
    stranger.is_a_good_server(**change)

    with pytest.raises(ServerUnusableError, match=reason):
        await discover(server, fetch)


@pytest.mark.parametrize(
    "listed", [None, [], "https://as.example", [7], ["http://10.0.0.1"], ["https://as.example?x=1"]]
)
async def test_a_resource_without_a_usable_authorization_server_is_refused(
    stranger: Stranger, server: McpServer, fetch: Fetch, listed: Any
) -> None:
    stranger.is_a_good_server()
    stranger.pages[f"{RESOURCE}/mcp"] = Page(stranger.resource(authorization_servers=listed))

    with pytest.raises(ServerUnusableError, match="names no usable authorization server"):
        await discover(server, fetch)


async def test_a_server_that_asks_for_no_login_is_told(stranger: Stranger, server: McpServer, fetch: Fetch) -> None:
    stranger.pages = {"/mcp": Page({})}

    with pytest.raises(ServerUnusableError, match="without a login"):
        await discover(server, fetch)


# Scopes


@pytest.mark.parametrize(
    ("challenge", "resource", "issuer", "asked"),
    [
        ("files:read", ["a", "b"], ["z"], ("files:read",)),
        ("", ["a", "b"], ["z"], ("a", "b")),
        ("", None, ["z"], ()),
        ("", None, ["z", "offline_access"], ()),
        ("files:read", ["a"], ["offline_access"], ("files:read", "offline_access")),
        ("", ["a", 7, "b c", 'd"', "a"], None, ("a",)),
        ("", [f"scope-{n:04}" for n in range(500)], None, ()),
        ("", [f"scope-{n:04}-{'x' * 40}" for n in range(60)], None, ()),
    ],
    ids=range(8),
)
async def test_the_scopes_are_those_of_the_specifications_rule(
    stranger: Stranger,
    server: McpServer,
    fetch: Fetch,
    challenge: str,
    resource: Any,
    issuer: Any,
    asked: tuple[str, ...],
) -> None:
    """MCP, scope selection: the challenge's, else the resource's, else none; offline_access where it is offered."""
    stranger.is_a_good_server(scopes_supported=issuer)
    stranger.pages[f"{RESOURCE}/mcp"] = Page(stranger.resource(scopes_supported=resource))
    if challenge:
        stranger.pages["/mcp"] = Page(status=401, headers={"WWW-Authenticate": f'Bearer scope="{challenge}"'})

    assert (await discover(server, fetch)).asked == asked


async def test_the_operators_scopes_win(stranger: Stranger, server: McpServer, fetch: Fetch) -> None:
    stranger.is_a_good_server(scopes_supported=["offline_access"])

    assert (await discover(replace(server, scopes=("mine",)), fetch)).asked == ("mine",)
