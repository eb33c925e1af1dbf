"""Many agents together ask a failing vendor as often as a single agent would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import VendorUnavailableError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import CONSOLE, AsyncStore, TokenEntry
from tests.oauth.tokens.answers import SLOW_DOWN
from tests.support.clock import Clock


async def test_what_one_process_was_told_to_wait_all_wait_and_then_one_asks(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    issuer.faults.next("/token", **SLOW_DOWN)
    with pytest.raises(VendorUnavailableError):
        await process().get_valid("lab")

    for _ in range(4):
        with pytest.raises(VendorUnavailableError) as told:
            await process().get_valid("lab")
        assert told.value.retry_after == pytest.approx(300, abs=1)
        assert "HTTP 429" in told.value.reason
    assert len(issuer.requests("/token")) == 1

    clock.now += 301
    assert (await process().get_valid("lab")).value != expired.access_token
    assert len(issuer.requests("/token")) == 2


async def test_a_short_pause_is_sat_out_and_ends_in_one_request_for_all(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer
) -> None:
    issuer.faults.next("/token", status=503)
    with pytest.raises(VendorUnavailableError):
        await process().get_valid("lab")

    tokens = await asyncio.gather(*(process().get_valid("lab") for _ in range(6)))

    assert len({token.value for token in tokens}) == 1
    assert len(issuer.requests("/token")) == 2


async def test_the_waiters_of_a_failed_request_learn_it_from_the_note(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer
) -> None:
    issuer.faults.next("/token", delay=0.2, **SLOW_DOWN)

    outcomes = await asyncio.gather(*(process().get_valid("lab") for _ in range(6)), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {VendorUnavailableError}
    assert len(issuer.requests("/token")) == 1


async def test_a_token_that_still_lives_is_served_at_once_and_without_a_request(
    process: Callable[[], TokenSource], login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3540
    issuer.faults.next("/token", status=503)

    for _ in range(3):
        assert (await process().get_valid("lab")).value == login.access_token
    assert len(issuer.requests("/token")) == 1


async def test_a_person_who_refreshes_or_logs_in_anew_waits_for_nobody(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, logins: Logins, clock: Clock
) -> None:
    issuer.faults.next("/token", times=2, **SLOW_DOWN)
    for _ in range(2):
        with pytest.raises(VendorUnavailableError):
            await process().force_refresh("lab")
    assert len(issuer.requests("/token")) == 2

    offer = await logins.begin("lab", CONSOLE)
    await logins.complete(await issuer.approve(offer.url), CONSOLE)
    clock.now += 3600
    assert (await process().get_valid("lab")).value != expired.access_token


async def test_a_refresh_that_works_ends_the_waiting(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.faults.next("/token", **SLOW_DOWN)
    with pytest.raises(VendorUnavailableError):
        await process().get_valid("lab")

    await process().force_refresh("lab")

    assert (await store.notes())["lab"].attempt is None
