"""Tasks of one process share one request for a login, and a cancelled caller disturbs nobody."""

from __future__ import annotations

import asyncio

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import VendorUnavailableError
from openab_auth.oauth.tokens import AccessToken, TokenSource
from openab_auth.storage import AsyncStore, TokenEntry
from tests.oauth.tokens.stored_logins import reached, stored
from tests.support.clock import Clock

# the refresh


async def test_an_expired_token_is_replaced_and_what_was_rotated_is_stored(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3600

    token = await source.get_valid("lab")

    after = await stored(store)
    assert token.value == after.access_token != login.access_token
    assert after.refresh_token.reveal() == issuer.families[0].refresh_token != login.refresh_token.reveal()
    assert token.expires_at == after.expires_at == clock.now + 3600
    assert len(issuer.requests("/token")) == 1


@pytest.mark.parametrize(("left", "requests"), [(121, 0), (120, 1)])
async def test_two_minutes_before_its_end_and_not_earlier_a_token_is_refreshed(
    left: int, requests: int, source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3600 - left

    token = await source.get_valid("lab")

    assert (token.value == login.access_token) == (requests == 0)
    assert len(issuer.requests("/token")) == requests


async def test_64_tasks_at_an_expired_login_cause_one_request(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3600

    tokens = await asyncio.gather(*(source.get_valid("lab") for _ in range(64)))

    assert len({token.value for token in tokens}) == 1
    assert len(issuer.requests("/token")) == 1


async def test_an_error_reaches_every_task_and_the_next_call_tries_anew(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3600
    issuer.faults.next("/token", status=503, delay=0.05)

    outcomes = await asyncio.gather(*(source.get_valid("lab") for _ in range(8)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [VendorUnavailableError] * 8
    assert await stored(store) == login
    assert (await source.get_valid("lab")).value != login.access_token
    assert len(issuer.requests("/token")) == 2


async def test_tasks_make_one_request_even_if_the_access_token_stays(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3600
    reply = {"access_token": login.access_token.reveal(), "token_type": "Bearer", "expires_in": 3600}
    issuer.faults.next("/token", status=200, body=reply, delay=0.05)

    tokens = await asyncio.gather(*(source.get_valid("lab") for _ in range(8)))

    assert set(tokens) == {AccessToken(login.access_token, int(clock.now) + 3600)}
    assert len(issuer.requests("/token")) == 1


async def test_a_caller_cancelled_in_mid_refresh_leaves_the_new_token_stored(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3600
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    caller = asyncio.create_task(source.get_valid("lab"))
    await reached(issuer)

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    answer.set()
    await source.aclose()

    assert (await stored(store)).refresh_token.reveal() == issuer.families[0].refresh_token
    assert (await source.get_valid("lab")).value != login.access_token
    assert len(issuer.requests("/token")) == 1


async def test_a_cancelled_caller_does_not_disturb_the_others(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3600
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    first = asyncio.create_task(source.get_valid("lab"))
    others = [asyncio.create_task(source.get_valid("lab")) for _ in range(4)]
    await reached(issuer)

    first.cancel()
    answer.set()

    assert len({token.value for token in await asyncio.gather(*others)}) == 1
    assert len(issuer.requests("/token")) == 1
