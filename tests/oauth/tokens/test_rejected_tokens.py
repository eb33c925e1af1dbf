"""Tokens that a server rejects before they expire are replaced once."""

from __future__ import annotations

import asyncio

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import MemoryStore, TokenEntry
from tests.oauth.tokens.stored_logins import reached
from tests.support.clock import Clock

# after a 401


async def test_64_tasks_with_one_rejected_token_replace_it_once_a_late_one_never(
    source: TokenSource, login: TokenEntry, issuer: Issuer
) -> None:
    rejected = await source.get_valid("lab")

    tokens = await asyncio.gather(*(source.force_refresh("lab", rejected) for _ in range(64)))
    late = [await source.force_refresh("lab", each) for each in (rejected, rejected.value, rejected.value.reveal())]

    assert {token.value for token in tokens} == {token.value for token in late}
    assert late[0].value != login.access_token
    assert len(issuer.requests("/token")) == 1


async def test_without_a_rejected_token_it_refreshes_now(
    source: TokenSource, login: TokenEntry, issuer: Issuer
) -> None:
    first = await source.force_refresh("lab")
    second = await source.force_refresh("lab", rejected=None)

    assert len({login.access_token, first.value, second.value}) == 3
    assert len(issuer.requests("/token")) == 2


async def test_a_rejected_token_that_was_replaced_costs_a_request_only_at_expiry(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    assert (await source.force_refresh("lab", rejected="an older one")).value == login.access_token
    assert not issuer.requests("/token")

    clock.now += 3600
    assert (await source.force_refresh("lab", rejected="an older one")).value != login.access_token
    assert len(issuer.requests("/token")) == 1


@pytest.mark.parametrize("landed", [False, True])
async def test_a_token_rejected_while_its_own_flight_ends_is_renewed_again(
    *, landed: bool, login: TokenEntry, issuer: Issuer, catalogue: Catalogue, driver: Driver, clock: Clock
) -> None:
    """The running refresh ends with the rejected token itself, so joining it would not help."""
    issuer.faults.next("/token", delay=0.05)
    store = MemoryStore({"lab": login})
    async with TokenSource(store, catalogue=catalogue, driver=driver, clock=clock) as source:
        caller = asyncio.create_task(source.force_refresh("lab", rejected=login.access_token))
        await reached(issuer)
        (flight,) = source._refreshes._tasks.values()
        while not flight.done() if landed else store.read()["lab"] == login:
            await asyncio.sleep(0)  # no longer than that: the next thing the loop does would be to forget the flight
        assert flight.done() == landed
        assert source._refreshes._tasks
        second = store.read()["lab"]
        assert isinstance(second, TokenEntry)

        third = await source.force_refresh("lab", rejected=second.access_token)

        assert (await caller).value == second.access_token
    assert third.value not in {second.access_token, login.access_token}
    assert len(issuer.requests("/token")) == 2
    assert not issuer.families[0].revoked
