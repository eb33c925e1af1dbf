"""Our client at a server: the operator's, a metadata document's, or a registered client, in this order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openab_auth.oauth.errors import ClientMissingError, VendorUnavailableError
from openab_auth.oauth.mcp import Discovered, Fetch
from openab_auth.oauth.mcp.registration import Identity, identify, metadata_document
from openab_auth.oauth.vendors import McpServer
from openab_auth.storage import Secret
from tests.oauth.mcp.stranger import Page, Stranger

NOW = 1_800_000_000
REGISTER = "/register"


async def test_the_operators_client_comes_first(server: McpServer, found: Discovered, fetch: Fetch) -> None:
    named = replace(server, client_id="mine", client_metadata_url="https://me.example/client.json")

    identity = await identify(named, found, ("read",), {}, fetch, now=NOW)

    assert (identity.client_id, identity.auth_method, identity.configured) == ("mine", "none", True)


async def test_a_metadata_document_comes_second_where_the_server_takes_one(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger, answers: Any
) -> None:
    """MCP, client ID metadata documents: the URL is the client id."""
    hosted = replace(server, client_metadata_url="https://me.example/client.json")

    assert await identify(hosted, found, (), {}, fetch, now=NOW) == Identity("https://me.example/client.json")
    assert not stranger.asked
    other = await identify(hosted, replace(found, takes_metadata_documents=False), (), {}, fetch, now=NOW)
    assert other.client_id == "c1"


def test_the_document_says_what_the_specification_demands(server: McpServer) -> None:
    hosted = replace(server, client_metadata_url="https://me.example/client.json", client_name="Ours")

    document = metadata_document(hosted)

    assert document["client_id"] == "https://me.example/client.json"
    assert document["client_name"] == "Ours"
    assert document["redirect_uris"] == [server.redirect_uri]
    assert document["token_endpoint_auth_method"] == "none"


async def test_a_registration_asks_for_a_native_public_client_with_all_scopes(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger, answers: Any
) -> None:
    named = replace(server, client_name="Ours", client_uri="https://ours.example")

    await identify(named, found, ("read", "admin"), {}, fetch, now=NOW)

    assert stranger.asked == [
        (
            "POST",
            REGISTER,
            {
                "client_name": "Ours",
                "client_uri": "https://ours.example",
                "redirect_uris": ["http://localhost:53682/callback"],
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
                "application_type": "native",
                "scope": "read admin write",
            },
        )
    ]


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(
    ("members", "method", "secret"),
    [
        ({}, "none", None),
        ({"client_secret": "", "token_endpoint_auth_method": "none"}, "none", None),
        ({"client_secret": None, "token_endpoint_auth_method": None}, "none", None),
        ({"client_secret": "s3", "token_endpoint_auth_method": "none"}, "none", None),
        ({"client_secret": "s3"}, "client_secret_basic", "s3"),
        ({"client_secret": "s3", "token_endpoint_auth_method": ""}, "client_secret_basic", "s3"),
        ({"client_secret": "s3", "token_endpoint_auth_method": "client_secret_post"}, "client_secret_post", "s3"),
        ({"client_secret": "s3", "token_endpoint_auth_method": "client_secret_basic"}, "client_secret_basic", "s3"),
    ],
    ids=str,
)
async def test_what_the_server_registered_is_what_counts(
    server: McpServer,
    found: Discovered,
    fetch: Fetch,
    answers: Any,
    status: int,
    members: dict[str, Any],
    method: str,
    secret: str | None,
) -> None:
    """RFC 7591 3.2.1: the server may replace any requested value, and may add an unwanted secret."""
    answers(status, **members)

    identity = await identify(server, found, ("read",), {}, fetch, now=NOW)

    assert identity.auth_method == method
    assert identity.client_secret == (Secret(secret) if secret else None)
    assert identity.record is not None
    assert identity.record.client_secret == identity.client_secret


async def test_a_secret_goes_the_way_that_the_server_knows(
    server: McpServer, found: Discovered, fetch: Fetch, answers: Any
) -> None:
    answers(client_secret="s3")

    identity = await identify(
        server, replace(found, auth_methods=("client_secret_post",)), ("read",), {}, fetch, now=NOW
    )

    assert identity.auth_method == "client_secret_post"


async def test_after_a_refused_public_client_one_with_a_secret_is_asked_for_once(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger
) -> None:
    stranger.pages[REGISTER] = Page({"error": "invalid_client_metadata"}, 400)

    with pytest.raises(ClientMissingError, match="invalid_client_metadata"):
        await identify(server, replace(found, auth_methods=("client_secret_post",)), (), {}, fetch, now=NOW)
    methods = [body["token_endpoint_auth_method"] for _, _, body in stranger.asked]
    assert methods == ["none", "client_secret_post"]


REFUSED_SCOPES: list[dict[str, object]] = [
    {"error": "invalid_scope"},
    {"error": "invalid_client_metadata", "error_description": "Requested scopes are not valid: write"},
    {"error": "invalid_client_metadata", "error_description": "scope not allowed"},
    {"error": "invalid_client_metadata", "error_description": "write is not permitted"},
    {"error": "unsupported_scope"},
    {"error": {"code": "invalidScope"}},
    {"errors": [{"code": "invalid_scope"}]},
    {"detail": [{"loc": ["body", "scope"], "msg": "value is not valid"}]},
]


@pytest.mark.parametrize("refusal", REFUSED_SCOPES, ids=str)
async def test_a_registration_refused_for_its_scopes_is_repeated_without(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger, refusal: dict[str, object]
) -> None:
    stranger.pages[REGISTER] = Page(
        chosen=lambda body: Page(refusal, 400) if "scope" in body else Page({"client_id": "c1"}, 201)
    )

    identity = await identify(server, found, ("read",), {}, fetch, now=NOW)

    assert identity.client_id == "c1"
    assert [body.get("scope") for _, _, body in stranger.asked] == ["read write", None]


@pytest.mark.parametrize("refusal", REFUSED_SCOPES, ids=str)
async def test_scopes_that_were_refused_are_named_where_nothing_else_helps(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger, refusal: dict[str, object]
) -> None:
    stranger.pages[REGISTER] = Page(refusal, 400)

    with pytest.raises(ClientMissingError, match="also without the scopes read write"):
        await identify(server, found, ("read",), {}, fetch, now=NOW)
    assert len(stranger.asked) == 2


async def test_a_registration_may_need_a_secret_and_no_scopes(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger
) -> None:
    def answer(body: Any) -> Page:
        if "scope" in body:
            return Page({"error": "invalid_scope"}, 400)
        if body["token_endpoint_auth_method"] == "none":
            return Page({"error": "invalid_client_metadata"}, 400)
        return Page({"client_id": "c1", "client_secret": "s3"}, 201)

    stranger.pages[REGISTER] = Page(chosen=answer)
    only_basic = replace(found, auth_methods=("client_secret_basic",))

    assert (await identify(server, only_basic, ("read",), {}, fetch, now=NOW)).auth_method == "client_secret_basic"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"token_endpoint_auth_method": "private_key_jwt"}, "authentication method"),
        ({"token_endpoint_auth_method": "client_secret_post"}, "authentication method"),
        ({"redirect_uris": ["https://else.example/"]}, "another redirect"),
        ({"client_secret": "s3", "client_secret_expires_at": NOW - 1}, "has expired"),
    ],
    ids=str,
)
async def test_an_unusable_client_is_refused_before_anybody_sees_a_link(
    server: McpServer, found: Discovered, fetch: Fetch, answers: Any, members: dict[str, Any], reason: str
) -> None:
    answers(**members)

    with pytest.raises(ClientMissingError, match=reason):
        await identify(server, found, ("read",), {}, fetch, now=NOW)


@pytest.mark.parametrize(
    "page",
    [
        Page("<h1>Forbidden</h1><script>alert(1)</script>", 403),
        Page({"error": "access_denied", "error_description": "canary @everyone"}, 403),
        Page({"error": "canary"}, 422),
        Page({}, 201),
        Page({"client_id": ""}, 201),
        Page({"client_id": "a\r\nb"}, 201),
        Page({"client_id": 7}, 201),
        Page(status=302, headers={"Location": "https://else.example/"}),
    ],
    ids=str,
)
async def test_a_refused_registration_says_what_to_register_and_quotes_nothing(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger, page: Page
) -> None:
    stranger.pages[REGISTER] = page

    with pytest.raises(ClientMissingError) as missing:
        await identify(server, found, ("read",), {}, fetch, now=NOW)

    assert server.redirect_uri in missing.value.todo
    assert "client_id" in missing.value.todo
    assert "[mcp.lab]" in missing.value.todo
    assert not any(word in str(missing.value) for word in ("canary", "<", "everyone"))


async def test_at_a_server_without_registration_the_operator_learns_what_to_do(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger
) -> None:
    """Ours: no guess at `/register`, which answers with somebody's front page."""
    with pytest.raises(ClientMissingError, match="does not register clients"):
        await identify(server, replace(found, registration_url=""), ("read",), {}, fetch, now=NOW)
    assert not stranger.asked


async def test_an_endpoint_that_is_down_is_asked_again_later(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger
) -> None:
    stranger.pages[REGISTER] = Page("busy", 503)

    with pytest.raises(VendorUnavailableError):
        await identify(server, found, ("read",), {}, fetch, now=NOW)
