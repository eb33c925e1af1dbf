"""A refresh before the token expires: it costs nobody anything, and the old token is served if it fails."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError, RefreshBusyError, VendorUnavailableError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, TokenEntry
from tests.oauth.tokens.stored_logins import reached, stored
from tests.support.clock import Clock
from tests.support.patience import PATIENCE


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 429, "headers": {"Retry-After": "5"}},
        {"html": "<h1>proxy</h1>"},
        {"cut": "before"},
        {"status": 400, "body": {"error": "invalid_grant"}},
        {"status": 401, "body": {"error": "invalid_client"}},
    ],
)
async def test_an_early_refresh_that_fails_serves_the_token_that_still_lives(
    fault: dict[str, Any], source: TokenSource, login: TokenEntry, issuer: Issuer
) -> None:
    issuer.faults.next("/token", times=2, **fault)

    token = await source.get_valid("lab", min_ttl=7200)

    assert token.value == login.access_token
    assert len(issuer.requests("/token")) == (2 if "cut" in fault else 1)


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429}, {"html": "<h1>proxy</h1>"}, {"cut": "before"}])
async def test_an_outage_fails_nobody_before_the_tokens_end_and_keeps_the_login(
    fault: dict[str, Any], source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3599
    issuer.faults.next("/token", times=2, **fault)

    assert (await source.get_valid("lab")).value == login.access_token
    clock.now += 1
    issuer.faults.clear()
    issuer.faults.next("/token", times=2, **fault)
    with pytest.raises(VendorUnavailableError):
        await source.get_valid("lab")

    issuer.faults.clear()
    assert await stored(store) == login
    assert (await source.force_refresh("lab")).value != login.access_token


async def test_a_dead_login_is_told_two_minutes_early_since_no_waiting_mends_it(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3590
    issuer.families[0].revoked = True

    with pytest.raises(LoginDeadError):
        await source.get_valid("lab")


async def test_a_longer_lifetime_is_asked_for_once_and_the_answer_is_taken(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 1800

    assert (await source.get_valid("lab", min_ttl=1800)).expires_at == clock.now + 3600
    assert len(issuer.requests("/token")) == 1


async def test_who_is_logged_out_during_an_early_refresh_gets_no_token(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    caller = asyncio.create_task(source.get_valid("lab", min_ttl=7200))
    await reached(issuer)
    await store.update(lambda draft: draft.pop("lab"))
    answer.set()

    with pytest.raises(NotLoggedInError):
        await caller
    assert "lab" not in await store.read()


@pytest.mark.parametrize("source", [1.0], indirect=True)
async def test_a_lock_that_never_comes_free_ends_in_busy_or_the_live_token(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    lock = store.lease("lab")
    assert lock.try_acquire()
    try:
        begun = time.monotonic()
        assert (await source.get_valid("lab", min_ttl=7200)).value == login.access_token
        clock.now += 3600
        with pytest.raises(RefreshBusyError):
            await source.get_valid("lab")
        assert time.monotonic() - begun > 1.9
    finally:
        lock.release()
    assert not issuer.requests("/token")


async def test_closing_a_source_ends_its_wait_and_it_can_be_used_again(
    store: AsyncStore, catalogue: Catalogue, driver: Driver, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3600
    lock = store.lease("lab")
    assert lock.try_acquire()
    source = TokenSource(store, catalogue=catalogue, driver=driver, clock=clock, deadline=10 * PATIENCE)
    waiting = asyncio.create_task(source.get_valid("lab"))
    await asyncio.sleep(0.1)

    async with asyncio.timeout(PATIENCE):
        await source.aclose()
        with pytest.raises(RefreshBusyError):
            await waiting
    lock.release()
    assert not issuer.requests("/token")
    assert (await source.get_valid("lab")).value != login.access_token
    await source.aclose()
