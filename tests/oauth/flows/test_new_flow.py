"""A new flow is one class and one row of the registry; the vendor table, `Logins` and the refresh then know it."""

from __future__ import annotations

import asyncio

import pytest

from openab_auth.oauth.client import Driver, TokenResponse
from openab_auth.oauth.config import Config, ConfigTable
from openab_auth.oauth.entries import pending_entry
from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.errors import ConfigError, NoPendingLoginError
from openab_auth.oauth.flows import FLOWS, BeginRequest, Flow, LoginContext, LoginOffer, LoginResult
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue, Vendor
from openab_auth.storage import AsyncStore, PendingEntry, Secret, TokenEntry, UserId
from openab_auth.storage.records.notes import Begun
from tests.support.clock import Clock

ADA = UserId(42)


class CounterFlow(Flow):
    """The person collects the login at a counter: it ends with a call of the counter, or with the number of a slip."""

    name = "counter"
    takes_paste = True
    waits = True

    def __init__(self) -> None:
        self.called = asyncio.Event()

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        if not vendor.authorize_url:
            table.wrong("authorize_url", "is missing: where is the counter?")

    async def begin(self, context: LoginContext, vendor: Vendor, request: BeginRequest) -> LoginOffer:
        entry = PendingEntry(
            verifier=Secret("v"),
            state=Secret("slip-7"),
            token_url=vendor.token_url,
            provider_name=vendor.name,
            created_at=int(context.clock()),
        )
        await context.pending.begin(vendor, request.user, entry, Begun(request.replaces))
        login = pending_entry.describe(vendor.name, request.user, entry)
        context.waiting.start(vendor, login, self.wait(context, vendor, login, entry))
        return LoginOffer(vendor, vendor.authorize_url, login.expires_at, "7", login.generation)

    async def wait(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry
    ) -> LoginResult:
        await self.called.wait()
        return await self._pick_up(context, vendor, login, entry, "called")

    async def complete(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry, text: str
    ) -> LoginResult:
        return await self._pick_up(context, vendor, login, entry, "pasted")

    async def _pick_up(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry, account: str
    ) -> LoginResult:
        await context.pending.take(login, entry)
        grant = TokenResponse(Secret("access"), Secret("refresh"), int(context.clock()) + 3600, account=account)
        return await context.writer.store(vendor, entry.token_url, grant, login)


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> CounterFlow:
    flow = CounterFlow()
    monkeypatch.setitem(FLOWS, "counter", flow)
    return flow


def config(**keys: str) -> Config:
    return Config(vendors={"shop": {"flow": "counter", **keys}})


@pytest.fixture
def catalogue(counter: CounterFlow) -> Catalogue:  # the row names the flow
    return Catalogue.from_config(config(authorize_url="https://shop.example/counter"), {})


async def test_a_login_of_a_new_flow_is_waited_for_and_stored(
    counter: CounterFlow, logins: Logins, store: AsyncStore
) -> None:
    offer = await logins.begin("shop", ADA)
    assert (offer.url, offer.user_code) == ("https://shop.example/counter", "7")
    assert offer.waits
    assert offer.takes_paste
    counter.called.set()

    done = await logins.outcome("shop", ADA)

    assert done
    assert done.account == "called"
    entry = (await store.read())["shop"]
    assert isinstance(entry, TokenEntry)
    assert entry.access_token == Secret("access")
    assert not await logins.pending(ADA)


async def test_a_paste_ends_a_login_of_a_new_flow(logins: Logins) -> None:
    await logins.begin("shop", ADA)

    done = await logins.complete("https://shop.example/?code=7777777777&state=slip-7", ADA)

    assert done.account == "pasted"
    assert not await logins.pending(ADA)


async def test_a_login_of_a_new_flow_goes_on_after_a_restart(
    counter: CounterFlow, catalogue: Catalogue, logins: Logins, store: AsyncStore, driver: Driver, clock: Clock
) -> None:
    await logins.begin("shop", ADA)
    await logins.aclose()
    reborn = Logins(catalogue, store, driver, clock=clock)
    assert [login.vendor for login in await reborn.resume(lambda _login: True)] == ["shop"]
    counter.called.set()

    assert await reborn.outcome("shop", ADA)
    await reborn.aclose()


async def test_a_cancelled_login_of_a_new_flow_ends(logins: Logins) -> None:
    await logins.begin("shop", ADA)
    view = asyncio.create_task(logins.outcome("shop", ADA))
    await asyncio.sleep(0)

    await logins.cancel(ADA, "shop")

    with pytest.raises(NoPendingLoginError):
        await view


def test_a_new_flow_says_what_its_row_lacks(counter: CounterFlow) -> None:
    with pytest.raises(ConfigError, match="where is the counter"):
        Catalogue.from_config(config(), {})


def test_an_unregistered_flow_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ConfigError, match="must be one of pkce, device, codex-device, aws-device, command, key, env"):
        Catalogue.from_config(config(authorize_url="https://shop.example/counter"), {})
