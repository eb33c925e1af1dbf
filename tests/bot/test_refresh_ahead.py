"""Refresh-ahead renews logins before an agent has to: which logins, how often, and beside another bot."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from openab_auth.bot import refresh_ahead
from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.bot.refresh_ahead import RefreshAhead, open_refresh_ahead
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import CONSOLE, NEVER, AsyncStore, FileStore, McpEntry, Note, Secret, TokenEntry
from tests.support.patience import PATIENCE, until

Start = Callable[[], RefreshAhead]


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer.listening() as issuer:
        yield issuer


@pytest.fixture
def config(issuer: Issuer) -> Config:
    """Write a config with two vendors of one client."""
    table: dict[str, object] = {
        "authorize_url": issuer.authorize_url,
        "token_url": issuer.token_url,
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scopes": ["offline_access"],
    }
    return Config(vendors={"lab": table, "sibling": table})


@pytest.fixture
async def store(tmp_path: Path, config: Config, issuer: Issuer) -> AsyncStore:
    """Log in at both vendors, for an hour; forget the requests of these logins."""
    store = AsyncStore(FileStore(tmp_path / "auth.json"))
    driver = Driver()
    logins = Logins(Catalogue.from_config(config, {}), store, driver)
    for vendor in ("lab", "sibling"):
        offer = await logins.begin(vendor, CONSOLE)
        await logins.complete(await issuer.approve(offer.url), CONSOLE)
    await logins.aclose()
    await driver.aclose()
    issuer._seen.clear()
    return store


@pytest.fixture
async def start(tmp_path: Path, config: Config) -> AsyncIterator[Start]:
    """Start a refresh-ahead on the store, as each bot does."""
    async with AsyncExitStack() as stack:

        def begin() -> RefreshAhead:
            store = AsyncStore(FileStore(tmp_path / "auth.json"))
            ahead = RefreshAhead(Runtime(store, Catalogue.from_config(config, {})), spacing=0.05)
            stack.push_async_callback(ahead.aclose)
            ahead.start()
            return ahead

        yield begin


async def token(store: AsyncStore, tenant: str = "lab") -> TokenEntry:
    entry = (await store.read())[tenant]
    assert isinstance(entry, TokenEntry)
    return entry


async def ends_in(seconds: float, store: AsyncStore, *tenants: str) -> None:
    for tenant in tenants:
        entry = dataclasses.replace(await token(store, tenant), expires_at=int(time.time() + seconds))
        await store.update(lambda draft, tenant=tenant, entry=entry: draft.update({tenant: entry}))  # type: ignore[misc]


async def asked(issuer: Issuer, times: int) -> None:
    await until(lambda: len(issuer.requests("/token")) >= times)


async def stored_new(store: AsyncStore, before: TokenEntry) -> TokenEntry:
    async with asyncio.timeout(PATIENCE):
        while (after := await token(store, before.provider)).access_token == before.access_token:
            await asyncio.sleep(0.01)
    return after


async def settled() -> None:
    """Wait long enough for another request, if one were to come."""
    await asyncio.sleep(0.4)


async def test_what_ends_within_ten_minutes_is_renewed_and_nothing_else(
    start: Start, store: AsyncStore, issuer: Issuer
) -> None:
    """Case 28: no refresh while much lifetime remains."""
    await ends_in(590, store, "lab")
    before, sibling = await token(store), await token(store, "sibling")

    start()

    assert (await stored_new(store, before)).expires_at > time.time() + 3000
    await settled()
    assert await token(store, "sibling") == sibling
    assert len(issuer.requests("/token")) == 1


async def test_a_login_that_comes_to_its_end_while_the_bot_runs_is_renewed(
    start: Start, store: AsyncStore, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh_ahead, "_LOOK", 0.05)
    start()
    await asyncio.sleep(0.1)  # it has found nothing to do
    before = await token(store)

    await ends_in(590, store, "lab")

    await stored_new(store, before)
    assert len(issuer.requests("/token")) == 1


async def test_two_bots_on_one_store_do_not_do_it_twice(start: Start, store: AsyncStore, issuer: Issuer) -> None:
    await ends_in(60, store, "lab", "sibling")
    issuer.faults.next("/token", delay=0.1, times=2)
    before = [await token(store), await token(store, "sibling")]

    start()
    start()

    for entry in before:
        await stored_new(store, entry)
    await settled()
    assert len(issuer.requests("/token")) == 2
    assert not any(family.reuses for family in issuer.families)


async def test_logins_under_one_client_are_renewed_one_after_the_other(
    start: Start, store: AsyncStore, issuer: Issuer
) -> None:
    """Case 22: a burst of refreshes under one client id looks like an attack."""
    await ends_in(60, store, "lab", "sibling")
    issuer.faults.next("/token", delay=0.3)
    start()

    await asked(issuer, 1)
    await asyncio.sleep(0.15)
    assert len(issuer.requests("/token")) == 1
    await asked(issuer, 2)


async def test_a_vendor_whose_tokens_are_short_is_not_asked_over_and_over(
    start: Start, store: AsyncStore, issuer: Issuer
) -> None:
    issuer.tokens.access_lifetime = 300
    await ends_in(60, store, "lab")
    before = await token(store)

    start()

    assert (await stored_new(store, before)).expires_at < time.time() + 301
    await settled()
    assert len(issuer.requests("/token")) == 1


async def test_a_failure_is_logged_once_and_not_repeated_at_once(
    start: Start, store: AsyncStore, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    await ends_in(60, store, "lab")
    issuer.faults.next("/token", status=503, times=9)

    start()

    await asked(issuer, 1)
    await settled()
    assert len(issuer.requests("/token")) == 1
    assert caplog.text.count("lab could not be renewed ahead of time") == 1


async def test_what_nobody_can_renew_is_left_alone(start: Start, store: AsyncStore, issuer: Issuer) -> None:
    end = int(time.time() + 60)
    await store.update(
        lambda draft: draft.update(
            lab=TokenEntry(Secret("at"), Secret(""), end, issuer.token_url, "lab"),
            stranger=TokenEntry(Secret("at"), Secret("rt"), end, issuer.token_url, "stranger"),
            files=McpEntry("client"),
            sibling=TokenEntry(Secret("at"), Secret("rt"), NEVER, issuer.token_url, "sibling"),
        )
    )

    start()

    await settled()
    assert not issuer.requests("/token")


async def test_a_dead_login_is_asked_for_once(start: Start, store: AsyncStore, issuer: Issuer) -> None:
    await ends_in(60, store, "lab")
    for family in issuer.families:
        family.revoked = True

    start()
    await asked(issuer, 1)
    start()

    await settled()
    assert len(issuer.requests("/token")) == 1


async def test_a_refresh_under_way_is_stored_before_the_bot_stops(
    start: Start, store: AsyncStore, issuer: Issuer
) -> None:
    await ends_in(60, store, "lab")
    issuer.faults.next("/token", delay=0.2)
    before = await token(store)
    ahead = start()
    await asked(issuer, 1)

    await ahead.aclose()

    assert (await token(store)).access_token != before.access_token


async def test_one_line_of_config_switches_it_off(tmp_path: Path) -> None:
    off = Config(auth=AuthSettings(refresh_ahead=False))
    runtime = Runtime.open(Config(), str(tmp_path / "auth.json"), {})

    assert open_refresh_ahead(off, runtime) is None
    assert open_refresh_ahead(Config(), runtime) is not None


async def test_a_clock_that_was_set_back_after_a_failure_delays_no_renewal(
    store: AsyncStore, config: Config, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may start with a wrong time; its bot must not rest until that time has come."""
    monkeypatch.setattr(refresh_ahead, "_LONGEST_SLEEP", 0.1)
    await ends_in(60, store, "lab")
    before, wrong = await token(store), 10.0 * 365 * 86400
    issuer.faults.next("/token", status=503)
    issuer.faults.next("/token", status=503)
    ahead = RefreshAhead(
        Runtime(store, Catalogue.from_config(config, {}), None, lambda: time.time() + wrong), spacing=0.05
    )
    ahead.start()
    await asked(issuer, 2)  # both vendors' tokens seem to be over
    wrong = 0.0

    await stored_new(store, before)

    await ahead.aclose()


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), OSError(5, "Input/output error")])
async def test_an_unforeseen_error_ends_neither_the_round_nor_the_task(
    error: Exception, start: Start, store: AsyncStore, issuer: Issuer, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    await ends_in(590, store, "lab", "sibling")
    before = await token(store), await token(store, "sibling")
    monkeypatch.setattr(refresh_ahead, "_REST", 0.1)
    monkeypatch.setattr(refresh_ahead, "_LOOK", 0.1)
    notes, failing = AsyncStore.notes, [error, None, error]

    async def notes_or_error(self: AsyncStore) -> Mapping[str, Note]:
        if fault := failing.pop() if failing else None:
            raise fault
        return await notes(self)

    monkeypatch.setattr(AsyncStore, "notes", notes_or_error)

    start()

    for login in before:
        await stored_new(store, login)
    assert "an unforeseen error" in caplog.text
