"""Our client at the SDK's servers: registered, forgotten, and used again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from openab_auth.oauth.errors import ClientRefusedError, LoginDeadError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.mcp import registration
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore
from tests.support.mcp_servers import ADA, approve, call, entry_of, log_in, seen


async def test_a_server_that_forgot_our_client_gets_a_new_registration(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    await log_in(logins, "mcp:old")
    first = (await entry_of(store, "old")).client_id
    async with httpx2.AsyncClient() as client:
        await client.post(f"{urls['old']}/forget")

    with pytest.raises(LoginDeadError, match="log in again"):
        await source.force_refresh("mcp:old")
    await log_in(logins, "mcp:old")

    assert (await entry_of(store, "old")).client_id != first
    assert (await call(source, urls, "old", "add", a=1, b=1)).status_code == 200


async def test_a_link_that_led_nowhere_is_followed_by_one_with_another_client(
    logins: Logins, urls: Mapping[str, str]
) -> None:
    """Only the person sees the server's page that says that it does not know the client."""
    clients = []
    for _ in range(2):
        link = (await logins.begin("mcp:new", ADA)).url
        clients.append(parse_qs(urlsplit(link).query)["client_id"])
    assert clients[0] != clients[1]


async def test_a_second_login_uses_the_registration_of_the_first(logins: Logins, store: AsyncStore) -> None:
    await log_in(logins, "mcp:new")
    first = await entry_of(store, "new")
    await log_in(logins, "mcp:new")
    second = await entry_of(store, "new")

    assert first.client_id == second.client_id
    assert first.access_token != second.access_token


async def test_a_client_that_is_registered_with_a_secret_sends_it_as_registered(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    await log_in(logins, "mcp:posting")
    entry = await entry_of(store, "posting")
    secret = (await store.clients())["posting"].client_secret
    assert secret

    assert (await source.force_refresh("mcp:posting")).value != entry.access_token

    sent = await seen(urls["new"], "/token", entry.client_id)
    assert [one["client_secret"] for one in sent] == [secret.reveal()] * 2
    assert not any(one["authorization"] for one in sent)


async def test_a_refused_client_is_told_although_it_cannot_be_forgotten(
    logins: Logins, urls: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise MemoryError

    redirect = await approve((await logins.begin("mcp:old", ADA)).url)
    async with httpx2.AsyncClient() as client:
        await client.post(f"{urls['old']}/forget")
    monkeypatch.setattr(registration, "forget_client", fail)

    with pytest.raises(ClientRefusedError):
        await logins.complete(redirect, ADA)
