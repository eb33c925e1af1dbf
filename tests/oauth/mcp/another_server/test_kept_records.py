"""Addresses and clients of servers that are kept, and those that are not."""

from __future__ import annotations

import pytest

from openab_auth.oauth.errors import ClientMissingError, ServerUnusableError
from openab_auth.oauth.logins import Logins
from openab_auth.storage import AsyncStore, ClientRecord
from tests.oauth.mcp.another_server.changing_server import MALLORY
from tests.oauth.mcp.stranger import RESOURCE, RFC_8414, Page, Stranger

LONG = "x" * 2000


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint"])
async def test_an_address_that_no_server_needs_is_not_kept(
    logins: Logins, store: AsyncStore, evil: Stranger, name: str
) -> None:
    evil.pages[RFC_8414] = Page(evil.metadata(**{name: f"{evil.url}/?{LONG}"}))
    await logins.added.add("lab", evil.mcp, MALLORY)

    with pytest.raises(ServerUnusableError, match=name):
        await logins.begin("mcp:lab", MALLORY)
    assert dict(await store.clients()) == {}


@pytest.mark.parametrize("member", ["client_id", "client_secret"])
async def test_a_client_that_no_server_needs_is_not_kept(
    logins: Logins, store: AsyncStore, evil: Stranger, member: str
) -> None:
    client = {"client_id": "c", "client_secret": "s", "token_endpoint_auth_method": "client_secret_post"}
    evil.pages["/register"] = Page({**client, member: "x" * 2049}, 201)
    await logins.added.add("lab", evil.mcp, MALLORY)

    with pytest.raises(ClientMissingError):
        await logins.begin("mcp:lab", MALLORY)
    assert dict(await store.clients()) == {}


async def test_the_three_newest_registrations_of_a_server_are_kept(
    logins: Logins, store: AsyncStore, evil: Stranger
) -> None:
    await logins.added.add("lab", evil.mcp, MALLORY)
    await store.update(lambda draft: draft.clients.__setitem__("mcp:lab2 https://as.example", ClientRecord("c")))
    for number in (1, 2, 3, 1, 4, 5):
        issuer = f"{evil.url}/as{number}"
        evil.pages[f"{RESOURCE}/mcp"] = Page(evil.resource(authorization_servers=[issuer]))
        evil.pages[f"{RFC_8414}/as{number}"] = Page(evil.metadata(issuer))
        await logins.begin("mcp:lab", MALLORY)

    kept = [key for key in await store.clients() if not key.startswith("pending:")]
    assert kept == ["mcp:lab2 https://as.example", *(f"mcp:lab {evil.url}/as{number}" for number in (3, 4, 5))]
