"""A vendor `lab` with an authorization server on 127.0.0.1, and the objects for logins there."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue, Vendor
from openab_auth.storage import CONSOLE, AsyncStore, TokenEntry
from tests.support.clock import Clock
from tests.support.patience import PATIENCE
from tests.support.raw_server import RawServer


@pytest.fixture
def catalogue(issuer: Issuer) -> Catalogue:
    """Return three vendors at one issuer: with URLs, with discovery, and with JSON bodies."""
    shared = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "account_from": "email"}
    urls = {"authorize_url": issuer.authorize_url, "token_url": issuer.token_url, "revoke_url": issuer.revoke_url}
    scopes = ["openid", "email", "offline_access"]
    return Catalogue.from_config(
        Config(
            vendors={
                "lab": {**shared, **urls, "scopes": scopes, "env": ["LAB_TOKEN"]},
                "found": {**shared, "issuer": issuer.url, "scopes": ["offline_access"]},
                "jay": {**shared, **urls, "scopes": scopes, "token_body": "json", "token_sends_state": True},
            }
        ),
        {},
    )


@pytest.fixture
def lab(catalogue: Catalogue) -> Vendor:
    return replace(catalogue.get("lab"))


@pytest.fixture
async def driver(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Driver]:
    """Its deadline is far away; a test that waits for it names a nearer one."""
    driver = Driver(clock=clock, deadline=getattr(request, "param", PATIENCE))
    yield driver
    await driver.aclose()


@pytest.fixture
async def logins(
    request: pytest.FixtureRequest,
    catalogue: Catalogue,
    store: AsyncStore,
    driver: Driver,
    clock: Callable[[], float],
) -> AsyncIterator[Logins]:
    """They wait long for a lock; a test that waits for the end of that names a shorter time."""
    logins = Logins(catalogue, store, driver, clock=clock, lock_wait=getattr(request, "param", PATIENCE))
    yield logins
    await logins.aclose()


@pytest.fixture
async def login(issuer: Issuer, logins: Logins, store: AsyncStore) -> TokenEntry:
    """Make a login at `lab` for an hour; forget its requests."""
    offer = await logins.begin("lab", CONSOLE)
    await logins.complete(await issuer.approve(offer.url), CONSOLE)
    issuer._seen.clear()
    entry = (await store.read())["lab"]
    assert isinstance(entry, TokenEntry)
    return entry


@pytest.fixture
async def source(
    request: pytest.FixtureRequest, store: AsyncStore, catalogue: Catalogue, driver: Driver, clock: Clock
) -> AsyncIterator[TokenSource]:
    """Its deadline is far away; a test that waits for it names a nearer one."""
    deadline = getattr(request, "param", PATIENCE)
    async with TokenSource(store, catalogue=catalogue, driver=driver, clock=clock, deadline=deadline) as source:
        yield source


@pytest.fixture
def server() -> Iterator[RawServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener)
        threading.Thread(target=server.serve, daemon=True).start()
        yield server
