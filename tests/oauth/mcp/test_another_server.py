"""A name that means another server in the middle of a login: what was begun at the one is no login at the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import (
    ClientMissingError,
    NoPendingLoginError,
    ServerUnusableError,
    VendorMisconfiguredError,
)
from openab_auth.oauth.flows import LoginOffer, LoginResult
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.logins.logins import Logins
from openab_auth.oauth.mcp import Binding
from openab_auth.oauth.mcp.binding import Binding
from openab_auth.oauth.mcp.foreign_hosts import foreign_hosts
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.source import TokenSource
from openab_auth.oauth.vendors import Catalogue, McpServer
from openab_auth.oauth.vendors.catalogue import Catalogue
from openab_auth.oauth.vendors.mcp_server import McpServer
from openab_auth.storage import AddedServer, AsyncStore, ClientRecord, Draft, UserId
from tests.support.stranger import RESOURCE, RFC_8414, Page, Stranger, listening

ADA, MALLORY = UserId(7), UserId(666)
CONFIG = Config(auth=AuthSettings(vendors=(), allow_http_loopback=True, mcp_add=True))


@pytest.fixture
async def good() -> AsyncIterator[Stranger]:
    async with listening() as stranger:
        make_good(stranger, "good")
        yield stranger


@pytest.fixture
async def evil() -> AsyncIterator[Stranger]:
    async with listening() as stranger:
        make_good(stranger, "evil")
        yield stranger


def make_good(stranger: Stranger, name: str) -> None:
    stranger.is_a_good_server()
    stranger.pages |= {
        "/register": Page({"client_id": f"client-of-{name}", "token_endpoint_auth_method": "none"}, 201),
        "/token": Page({"access_token": f"canary-at-{name}", "token_type": "Bearer", "refresh_token": "canary-rt"}),
    }


@pytest.fixture
async def logins(store: AsyncStore, driver: Driver) -> AsyncIterator[Logins]:
    logins = Logins(Catalogue.from_config(CONFIG, {}), store, driver)
    yield logins
    await logins.aclose()


def anybody(_: AddedServer) -> None:
    """Whoever asks may remove it."""


def paste(offer: LoginOffer) -> str:
    return f"http://localhost:53682/callback?code=abc&state={parse_qs(urlsplit(offer.url).query)['state'][0]}"


async def asked(stranger: Stranger, path: str) -> None:
    """Wait until a request for it has come."""
    async with asyncio.timeout(5):
        while path not in stranger.paths:
            await asyncio.sleep(0.01)


async def trading(logins: Logins, stranger: Stranger, user: UserId) -> asyncio.Task[LoginResult]:
    """A login whose code the stranger was just asked to trade, and does in a moment."""
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


async def test_a_token_goes_where_its_login_was_made_though_the_config_means_another_host_by_now(
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


async def test_a_server_that_is_removed_and_added_again_at_its_address_is_still_the_same(
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
    """Where requests end that would leave this machine."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, str]]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = (await request.aread()).decode()
        self.sent.append((str(request.url), dict(parse_qsl(body))))
        return httpx2.Response(200, json={"access_token": "canary-at-2", "token_type": "Bearer", "expires_in": 3600})


@pytest.fixture
async def operators(store: AsyncStore) -> AsyncIterator[tuple[Logins, TokenSource, Recorder]]:
    """The bot and an agent after a restart: a table has this name now, of a server in the operator's network."""
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


async def test_a_link_of_an_added_server_is_over_once_the_operator_has_a_table_of_that_name(
    logins: Logins, operators: tuple[Logins, TokenSource, Recorder], evil: Stranger
) -> None:
    evil.pages[RFC_8414] = Page(evil.metadata(token_endpoint="https://10.0.0.5/admin?do=x"))
    await logins.added.add("lab", evil.mcp, MALLORY)
    offer = await logins.begin("mcp:lab", MALLORY)
    later, _, recorder = operators

    with pytest.raises(NoPendingLoginError):
        await later.complete(paste(offer), MALLORY)
    assert recorder.sent == []


async def test_what_an_added_server_named_gets_no_reach_from_the_operators_table_of_that_name(
    logins: Logins, store: AsyncStore, operators: tuple[Logins, TokenSource, Recorder], evil: Stranger
) -> None:
    evil.pages[RFC_8414] = Page(evil.metadata(revocation_endpoint="https://10.0.0.5/admin?do=x"))
    await logins.added.add("lab", evil.mcp, MALLORY)
    await logins.complete(paste(await logins.begin("mcp:lab", MALLORY)), MALLORY)
    later, source, recorder = operators
    await move_token_endpoint(store, "https://10.0.0.5/token")

    with pytest.raises(VendorMisconfiguredError, match="private network"):
        await source.force_refresh("mcp:lab")
    done = await later.logout("mcp:lab", revoke=True)

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
        draft.clients["lab"] = replace(record, facts={**record.facts, "token_url": url})

    await store.update(move)


def names(server: Stranger, issuer: Stranger) -> None:
    """The server says that its authorization server is that one."""
    server.pages[f"{RESOURCE}/mcp"] = Page(server.resource(authorization_servers=[issuer.url]))


async def test_a_login_with_an_account_elsewhere_says_which_host_gets_its_token(
    logins: Logins, evil: Stranger, good: Stranger
) -> None:
    names(evil, good)
    await logins.added.add("lab", evil.mcp, MALLORY)

    offer = await logins.begin("mcp:lab", ADA)
    await logins.complete(paste(offer), ADA)

    hosts = (evil.url.removeprefix("http://"), good.url.removeprefix("http://"))
    assert (offer.vendor.token_for, offer.vendor.account_at) == hosts
    (state,) = (await logins.status()).logins
    assert state.vendor is not None
    assert (state.vendor.token_for, state.vendor.account_at) == hosts


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint"])
async def test_one_foreign_endpoint_is_enough_to_be_told(
    logins: Logins, evil: Stranger, good: Stranger, endpoint: str
) -> None:
    evil.pages[RFC_8414] = Page(evil.metadata(**{endpoint: f"{good.url}/there"}))
    await logins.added.add("lab", evil.mcp, MALLORY)

    offer = await logins.begin("mcp:lab", ADA)

    assert offer.vendor.account_at == good.url.removeprefix("http://")


async def test_a_server_with_accounts_of_its_own_says_nothing_of_the_kind(logins: Logins, good: Stranger) -> None:
    await logins.added.add("lab", good.mcp, ADA)

    assert (await logins.begin("mcp:lab", ADA)).vendor.account_at == ""


@pytest.mark.parametrize("known_as", ["vendor", "issuer of a vendor", "server", "issuer of a server"])
async def test_an_added_server_gets_no_account_of_a_host_that_the_config_names(
    store: AsyncStore, driver: Driver, evil: Stranger, good: Stranger, known_as: str
) -> None:
    vendor = {"client_id": "c", "redirect_uri": "http://localhost:1/cb"}
    endpoints = {"authorize_url": "https://shop.example/a", "token_url": f"{good.url}/token"}
    config = {
        "vendor": replace(CONFIG, vendors={"shop": {**vendor, **endpoints}}),
        "issuer of a vendor": replace(CONFIG, vendors={"shop": {**vendor, "issuer": good.url}}),
        "server": replace(CONFIG, mcp={"shop": {"url": good.mcp}}),
        "issuer of a server": replace(CONFIG, mcp={"shop": {"url": "https://shop.example/mcp", "issuer": good.url}}),
    }[known_as]
    logins = Logins(Catalogue.from_config(config, {}), store, driver)
    names(evil, good)
    await logins.added.add("lab", evil.mcp, MALLORY)
    await logins.added.add("own", f"{good.url}/mcp", ADA)

    with pytest.raises(ServerUnusableError, match="shop"):
        await logins.begin("mcp:lab", ADA)
    assert await logins.begin("mcp:own", ADA)
    assert "/register" not in evil.paths + good.paths[:-1]
    await logins.aclose()


async def test_an_added_server_gets_no_account_of_a_host_that_another_servers_login_is_at(
    logins: Logins, evil: Stranger, good: Stranger
) -> None:
    await logins.added.add("good", good.mcp, ADA)
    names(evil, good)
    await logins.added.add("lab", evil.mcp, MALLORY)
    await logins.complete(paste(await logins.begin("mcp:good", ADA)), ADA)

    with pytest.raises(ServerUnusableError, match="mcp:good"):
        await logins.begin("mcp:lab", ADA)
    await logins.logout("mcp:good", revoke=False)
    assert await logins.begin("mcp:lab", ADA)


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


def test_a_long_host_hides_no_other_and_a_dot_at_its_end_makes_it_no_other() -> None:
    server = McpServer("lab", "https://mcp.example/mcp", added_by=MALLORY)
    long = f"https://{'a.' * 100}evil.example"
    binding = Binding(
        server.url, long, server.url, f"{long}/a", "https://good.example./t", "http://localhost:53682/callback", "c"
    )

    shown = binding.vendor(server).account_at

    assert shown.startswith("…")
    assert shown.endswith(".evil.example, good.example")
    assert len(shown) < 100
    assert foreign_hosts(server, "https://MCP.example.:443/t") == ()
