"""A vendor in trouble is asked by a fleet of agents as often as one of them would ask it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from bot.playground.issuer import Issuer
from oauth import backoff
from oauth.catalogue import Catalogue
from oauth.errors import LoginDeadError, VendorMisconfiguredError, VendorUnavailableError
from oauth.logins import Logins
from oauth.tokens import TokenSource
from storage import CONSOLE, AsyncStore, Attempt, FileStore, Secret, TokenEntry

SLOW_DOWN: dict[str, Any] = {"status": 429, "headers": {"Retry-After": "300"}}


class Clock(Protocol):
    now: float

    def __call__(self) -> float: ...


@pytest.fixture
async def process(tmp_path: Path, catalogue: Catalogue, clock: Clock) -> AsyncIterator[Callable[[], TokenSource]]:
    """Makes a source with nothing of its own but the file, as another process has."""
    async with AsyncExitStack() as stack:
        opened: list[TokenSource] = []

        def make() -> TokenSource:
            opened.append(TokenSource(FileStore(tmp_path / "auth.json", clock=clock), catalogue=catalogue, clock=clock))
            stack.push_async_callback(opened[-1].aclose)
            return opened[-1]

        yield make


@pytest.fixture
def expired(login: TokenEntry, clock: Clock) -> TokenEntry:
    clock.now += 3600
    return login


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


async def test_the_waiters_of_a_request_that_fails_learn_it_from_the_note_and_ask_nothing(
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


async def test_a_refused_client_is_no_reason_for_others_to_wait(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.faults.next("/token", status=401, body={"error": "invalid_client"})

    with pytest.raises(VendorMisconfiguredError):
        await process().get_valid("lab")

    assert (await store.notes())["lab"].attempt is None
    assert (await process().get_valid("lab")).value != expired.access_token


async def test_a_dead_login_is_called_dead_and_not_waited_for(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer
) -> None:
    issuer.faults.next("/token", **SLOW_DOWN)
    with pytest.raises(VendorUnavailableError):
        await process().get_valid("lab")
    issuer.families[0].revoked = True
    with pytest.raises(LoginDeadError):
        await process().force_refresh("lab")

    with pytest.raises(LoginDeadError):
        await process().get_valid("lab")


# how long

ENTRY = TokenEntry(Secret("at"), Secret("rt"), 0, "https://lab.example/token", "lab")


@pytest.mark.parametrize(("failures", "longest"), [(0, 0.1), (1, 0.2), (5, 3.2), (8, 25.6), (16, 60)])
def test_each_failure_doubles_the_pause_up_to_a_minute_and_chance_spreads_it(failures: int, longest: float) -> None:
    before = Attempt(ENTRY.refresh_token.fingerprint(), 1000, "HTTP 503", answered=True, failures=failures)
    begun = backoff.begun(ENTRY, before, 1000)

    pauses = {
        backoff.pause(backoff.failed(begun, VendorUnavailableError("lab", "HTTP 503"), 1000, answered=True), 1000)
        for _ in range(50)
    }

    assert longest / 2 <= min(pauses) < max(pauses) <= longest


@pytest.mark.parametrize(("asked", "granted"), [(30.0, 30.0), (86_400.0, 900.0)])
def test_a_vendor_is_left_alone_as_long_as_it_asks_but_not_for_longer_than_a_quarter_of_an_hour(
    asked: float, granted: float
) -> None:
    error = VendorUnavailableError("lab", "HTTP 429", retry_after=asked)

    assert backoff.pause(backoff.failed(backoff.begun(ENTRY, None, 0), error, 0, answered=True), 0) == granted


def test_a_pause_that_only_a_wrong_clock_can_have_written_is_none() -> None:
    attempt = backoff.begun(ENTRY, None, 50_000)

    assert backoff.pause(dataclasses.replace(attempt, not_before=50_001), 1000) == 0
    assert backoff.pause(dataclasses.replace(attempt, not_before=1001), 1000) == 1
