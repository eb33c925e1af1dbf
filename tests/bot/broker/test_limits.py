"""The bounds on what clients cause, between brokers whose clocks differ."""

from __future__ import annotations

import pytest

from openab_auth.bot.broker.admission import RefreshesByWord
from openab_auth.bot.broker.refusals import RefreshedLatelyError
from openab_auth.oauth.entries import AccessToken
from openab_auth.storage import AsyncStore, MemoryStore, Secret, Tenant, TokenEntry
from tests.support.clock import Clock

OLD, NEW = AccessToken(Secret("old"), 4_000_000_000), AccessToken(Secret("new"), 4_000_000_000)


def new_store() -> AsyncStore:
    """Return a store with the login that is refreshed."""
    login = TokenEntry(OLD.value, Secret("refresh"), OLD.expires_at, "https://x.example/token", "codex")
    return AsyncStore(MemoryStore({"codex": login}))


@pytest.mark.parametrize("ahead", [-50, 50])
async def test_a_broker_whose_clock_differs_grants_no_second_refresh(clock: Clock, ahead: int) -> None:
    store = new_store()
    ours, other = RefreshesByWord(store, clock), RefreshesByWord(store, lambda: clock() + ahead)

    async def renew() -> AccessToken:
        return NEW

    await other.refresh(Tenant("codex"), OLD, renew)

    with pytest.raises(RefreshedLatelyError):
        await ours.refresh(Tenant("codex"), NEW, renew)


async def test_a_clock_that_was_an_hour_ahead_stops_no_refresh(clock: Clock) -> None:
    store = new_store()

    async def renew() -> AccessToken:
        return NEW

    await RefreshesByWord(store, lambda: clock() + 3600).refresh(Tenant("codex"), OLD, renew)

    assert await RefreshesByWord(store, clock).refresh(Tenant("codex"), NEW, renew) == NEW
