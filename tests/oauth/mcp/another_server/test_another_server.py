"""A name is given to another server during a login: the login does not become a login at the new server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qsl

import httpx2
import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import NoPendingLoginError, VendorMisconfiguredError
from openab_auth.oauth.flows import LoginResult
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AddedServer, AsyncStore, Draft, UserId
from tests.oauth.mcp.another_server.changing_server import ADA, CONFIG, MALLORY, paste
from tests.oauth.mcp.stranger import RFC_8414, Page, Stranger
from tests.support.patience import until


def anybody(_: AddedServer) -> None:
    """Let everybody remove the server."""


async def asked(stranger: Stranger, path: str) -> None:
    """Wait until the server has received a request for this."""
    await until(lambda: path in stranger.paths)


async def trading(logins: Logins, stranger: Stranger, user: UserId) -> asyncio.Task[LoginResult]:
    """Start a login whose code the stranger is exchanging at this moment."""
    offer = await logins.begin("mcp:lab", user)
    stranger.pages["/token"].delay = 0.3
    completing = asyncio.create_task(logins.complete(paste(offer), user))
    await asked(stranger, "/token")
    return completing


async def move(logins: Logins, good: Stranger) -> None:
    await logins.added.remove("lab", anybody)
    await logins.added.add("lab", good.mcp, ADA)


async def test_a_link_of_the_server_before_is_not_shown_as_one_of_the_next(
    logins: Logins, store: AsyncStore, evil: Stranger, good: Stranger
) -> None:
    await logins.added.add("lab", evil.mcp, MALLORY)
    evil.pages[RFC_8414].delay = 0.3
    begun = asyncio.create_task(logins.begin("mcp:lab", MALLORY))
    await asked(evil, RFC_8414)

    await move(logins, good)

    with pytest.raises(NoPendingLoginError):
        await begun
    assert dict(await store.read()) == {}
    assert dict(await store.clients()) == {}


async def test_a_token_of_the_server_before_is_not_stored_as_one_of_the_next(
    logins: Logins, store: AsyncStore, evil: Stranger, good: Stranger, driver: Driver
) -> None:
    await logins.added.add("lab", evil.mcp, MALLORY)
    completing = await trading(logins, evil, MALLORY)

    await move(logins, good)

    with pytest.raises(NoPendingLoginError):
        await completing
    assert dict(await store.read()) == {}
    await logins.complete(paste(await logins.begin("mcp:lab", ADA)), ADA)
    async with TokenSource(store, catalogue=Catalogue.from_config(CONFIG, {}), driver=driver) as source:
        assert (await source.get_valid("mcp:lab")).value.reveal() == "canary-at-good"
        assert await source.server_url("mcp:lab") == good.mcp


async def test_a_token_goes_where_its_login_was_made_not_to_the_configs_new_host(
    logins: Logins, store: AsyncStore, evil: Stranger, good: Stranger, driver: Driver
) -> None:
    def config(url: str) -> Catalogue:
        return Catalogue.from_config(replace(CONFIG, mcp={"lab": {"url": url}}), {})

    before = Logins(config(good.mcp), store, driver)
    await before.complete(paste(await before.begin("mcp:lab", ADA)), ADA)
    await before.aclose()
    sent: dict[str, str | None] = {}

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent[str(request.url)] = request.headers.get("authorization")
        return httpx2.Response(200)

    for url, place in ((evil.mcp, good.mcp), (f"{good.mcp}/moved", f"{good.mcp}/moved")):
        async with TokenSource(store, catalogue=config(url), driver=driver) as source:
            assert await source.server_url("mcp:lab") == place
            async with httpx2.AsyncClient(
                auth=source.auth("mcp:lab"), transport=httpx2.MockTransport(answer)
            ) as client:
                await client.get(evil.mcp)
                await client.get(place)
    token = "Bearer canary-at-good"
    assert sent == {evil.mcp: None, good.mcp: token, f"{good.mcp}/moved": token}


async def test_a_token_of_a_server_that_is_gone_is_not_stored(
    logins: Logins, store: AsyncStore, evil: Stranger
) -> None:
    await logins.added.add("lab", evil.mcp, MALLORY)
    completing = await trading(logins, evil, MALLORY)

    await logins.added.remove("lab", anybody)

    with pytest.raises(NoPendingLoginError):
        await completing
    assert dict(await store.read()) == {}


async def test_a_server_that_is_added_again_at_its_address_is_still_the_same(
    logins: Logins, store: AsyncStore, good: Stranger
) -> None:
    await logins.added.add("lab", good.mcp, MALLORY)
    completing = await trading(logins, good, ADA)

    await move(logins, good)

    assert (await completing).vendor.name == "mcp:lab"
    assert "lab" in await store.read()


async def test_a_removal_at_the_very_beginning_of_a_login_gives_no_link(
    logins: Logins, store: AsyncStore, good: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await logins.added.add("lab", good.mcp, ADA)
    look = logins.added.catalogue

    async def look_and_lose() -> Catalogue:
        found = await look()
        if "lab" in await store.servers():
            await logins.added.remove("lab", anybody)
        return found

    monkeypatch.setattr(logins.added, "catalogue", look_and_lose)

    with pytest.raises(NoPendingLoginError):
        await logins.begin("mcp:lab", ADA)
    assert dict(await store.read()) == {}


class Recorder(httpx2.AsyncBaseTransport):
    """Record the requests that would leave this machine."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, str]]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = (await request.aread()).decode()
        self.sent.append((str(request.url), dict(parse_qsl(body))))
        return httpx2.Response(200, json={"access_token": "canary-at-2", "token_type": "Bearer", "expires_in": 3600})


@pytest.fixture
async def operators(store: AsyncStore) -> AsyncIterator[tuple[Logins, TokenSource, Recorder]]:
    """Restart the bot and an agent with a table of this name, for a server in the operator's network."""
    table: dict[str, object] = {
        "url": "https://10.0.0.9/mcp",
        "allow_private_hosts": ["10.0.0.0/8"],
        "send_resource": False,
    }
    recorder = Recorder()
    catalogue, driver = Catalogue.from_config(replace(CONFIG, mcp={"lab": table}), {}), Driver(recorder)
    logins = Logins(catalogue, store, driver)
    async with TokenSource(store, catalogue=catalogue, driver=driver) as source:
        yield logins, source, recorder
    await logins.aclose()
    await driver.aclose()


async def test_a_link_of_an_added_server_ends_when_the_config_takes_its_name(
    logins: Logins, operators: tuple[Logins, TokenSource, Recorder], evil: Stranger
) -> None:
    evil.pages[RFC_8414] = Page(evil.metadata(token_endpoint="https://10.0.0.5/admin?do=x"))
    await logins.added.add("lab", evil.mcp, MALLORY)
    offer = await logins.begin("mcp:lab", MALLORY)
    later, _, recorder = operators

    with pytest.raises(NoPendingLoginError):
        await later.complete(paste(offer), MALLORY)
    assert recorder.sent == []


async def test_an_added_servers_hosts_get_no_reach_from_a_table_of_that_name(
    logins: Logins, store: AsyncStore, operators: tuple[Logins, TokenSource, Recorder], evil: Stranger
) -> None:
    evil.pages[RFC_8414] = Page(evil.metadata(revocation_endpoint="https://10.0.0.5/admin?do=x"))
    await logins.added.add("lab", evil.mcp, MALLORY)
    await logins.complete(paste(await logins.begin("mcp:lab", MALLORY)), MALLORY)
    later, source, recorder = operators
    await move_token_endpoint(store, "https://10.0.0.5/token")

    with pytest.raises(VendorMisconfiguredError, match="private network"):
        await source.force_refresh("mcp:lab")
    done = await later.logout(await later.account("mcp:lab"), revoke=True)

    assert done.removed
    assert "private network" in str(done.note)
    assert recorder.sent == []


async def test_a_login_that_was_made_elsewhere_is_renewed_as_it_was_made(
    logins: Logins, store: AsyncStore, operators: tuple[Logins, TokenSource, Recorder], evil: Stranger
) -> None:
    await logins.added.add("lab", evil.mcp, MALLORY)
    await logins.complete(paste(await logins.begin("mcp:lab", MALLORY)), MALLORY)
    _, source, recorder = operators

    await source.force_refresh("mcp:lab")

    ((url, form),) = recorder.sent
    assert url == f"{evil.url}/token"
    assert form["resource"] == evil.mcp


async def move_token_endpoint(store: AsyncStore, url: str) -> None:
    def move(draft: Draft) -> None:
        record = draft.clients["lab"]
        draft.clients["lab"] = record._replace(facts={**record.facts, "token_url": url})

    await store.update(move)
