"""A refresh that is refused in words that nobody knows: not dead at once, and not tried for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import LoginDeadError, RefreshRefusedError, VendorUnavailableError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import NEVER, AsyncStore, Secret, TokenEntry
from tests.oauth.tokens.refresh.changed_logins import change
from tests.support.clock import Clock

UNKNOWN: dict[str, Any] = {"status": 400, "body": {"error": "E1234", "error_description": "request denied"}}


async def refused(source: TokenSource) -> VendorUnavailableError | LoginDeadError:
    with pytest.raises((VendorUnavailableError, LoginDeadError)) as failure:
        await source.get_valid("lab")
    assert isinstance(failure.value, VendorUnavailableError | LoginDeadError)
    return failure.value


async def test_the_third_refusal_of_one_token_ends_its_login(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, clock: Clock, logins: Logins
) -> None:
    issuer.faults.next("/token", times=9, **UNKNOWN)
    failures = []
    for _ in range(5):
        failures.append(await refused(process()))
        clock.now += 1801

    kinds: list[type[object]] = [
        RefreshRefusedError,
        RefreshRefusedError,
        LoginDeadError,
        LoginDeadError,
        LoginDeadError,
    ]
    assert [type(failure) for failure in failures] == kinds
    assert all("log in again" in failure.todo for failure in failures)
    assert len(issuer.requests("/token")) == 3
    (state,) = await logins.states.all()
    assert state.died is not None
    assert "refused 3 times" in state.died.reason


async def test_between_two_refusals_nobody_asks_for_half_a_minute(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer
) -> None:
    issuer.faults.next("/token", times=9, **UNKNOWN)

    failures = [await refused(process()) for _ in range(5)]

    assert {type(failure) for failure in failures} == {RefreshRefusedError}
    assert all("log in again" in failure.todo for failure in failures)
    assert len(issuer.requests("/token")) == 1


async def test_refusals_within_an_hour_end_no_login_however_many(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    issuer.faults.next("/token", times=20, **UNKNOWN)
    for _ in range(20):
        with pytest.raises(RefreshRefusedError):
            await process().force_refresh("lab")
        clock.now += 100

    assert (await process().force_refresh("lab")).value != expired.access_token


async def test_another_answer_between_refusals_begins_the_count_anew(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    for fault in (UNKNOWN, {"status": 503}, UNKNOWN, {"status": 503}, UNKNOWN):
        issuer.faults.next("/token", **fault)
        assert not isinstance(await refused(process()), LoginDeadError)
        clock.now += 3601

    assert (await process().get_valid("lab")).value != expired.access_token


async def test_a_person_may_try_a_login_that_ended_by_refusals_once_more(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    issuer.faults.next("/token", times=3, **UNKNOWN)
    for _ in range(3):
        await refused(process())
        clock.now += 1801
    assert isinstance(await refused(process()), LoginDeadError)

    renewed = await process().force_refresh("lab")

    assert (await process().get_valid("lab")).value == renewed.value


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 403, "body": {"message": "Forbidden"}},
        {"status": 403, "body": {"error": {"type": "forbidden", "message": "Request not allowed"}}},
        {"status": 409, "body": {"error": "conflict", "message": "refresh in progress"}},
        {"status": 400, "body": {"error": "E1", "message": "maintenance"}},
        {"status": 401, "body": {}},
        {"status": 451, "body": {"error": "legal"}},
    ],
    ids=str,
)
async def test_an_answer_that_may_come_from_something_in_between_is_no_refusal(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, clock: Clock, answer: dict[str, Any]
) -> None:
    issuer.faults.next("/token", times=4, **answer)
    for _ in range(4):
        assert type(await refused(process())) is VendorUnavailableError
        clock.now += 3601


@pytest.mark.parametrize("outage", [{"status": 503}, {"status": 429}, {"status": 403, "html": "<h1>no</h1>"}], ids=str)
async def test_an_outage_never_ends_a_login_however_long_it_is(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, clock: Clock, outage: dict[str, Any]
) -> None:
    issuer.faults.next("/token", times=6, **outage)
    for _ in range(6):
        assert not isinstance(await refused(process()), LoginDeadError)
        clock.now += 901

    assert (await process().get_valid("lab")).value != expired.access_token


async def test_a_renewal_between_refusals_begins_the_count_anew(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    for _ in range(3):
        issuer.faults.next("/token", times=2, **UNKNOWN)
        for _ in range(2):
            assert isinstance(await refused(process()), RefreshRefusedError)
            clock.now += 61
        await process().get_valid("lab")
        clock.now += 3600


async def test_a_rejected_token_that_nobody_can_renew_is_not_served_again(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock, logins: Logins
) -> None:
    await change(store, login, refresh_token=Secret(""), expires_at=NEVER)
    rejected = await source.get_valid("lab")

    for seconds in (0, 60):  # any server can refuse any token once
        clock.now += seconds
        with pytest.raises(LoginDeadError):
            await source.force_refresh("lab", rejected)
        assert (await source.get_valid("lab")).value == rejected.value
    clock.now += 241
    for work in (source.force_refresh("lab", rejected), source.get_valid("lab")):
        with pytest.raises(LoginDeadError):
            await work

    assert not issuer.requests("/token")
    assert [state.tenant for state in await logins.states.all() if state.died] == ["lab"]
