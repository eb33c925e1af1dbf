"""The lease of a refresh: who waits for it, which login they adopt, and when it is released."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.entries import rechecks
from openab_auth.oauth.errors import NotLoggedInError, RefreshBusyError
from openab_auth.oauth.http.deadline import AwakeClock
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import CONSOLE, AsyncStore, FileStore, MemoryStore, Secret, TokenEntry
from openab_auth.storage.file.locks.flock import Flock
from openab_auth.storage.memory import MemoryLease
from tests.oauth.tokens.refresh.changed_logins import change
from tests.oauth.tokens.stored_logins import reached, stored
from tests.support.clock import Clock
from tests.support.patience import PATIENCE

INVALID_GRANT = {"status": 400, "body": {"error": "invalid_grant"}}


# whose commit


async def test_waiters_adopt_a_commit_before_the_lock_is_let_go(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3600
    holder = store.lease("lab")
    assert holder.try_acquire()
    try:
        waiter = asyncio.create_task(source.get_valid("lab"))
        await asyncio.sleep(0.05)
        other = await change(store, login, access_token=Secret("theirs"), expires_at=int(clock.now) + 3600)
        token = await waiter
    finally:
        holder.release()
    assert token.value == other.access_token
    assert not issuer.requests("/token")


async def test_a_commit_just_before_the_lock_was_taken_is_seen_under_it(
    login: TokenEntry, issuer: Issuer, catalogue: Catalogue, driver: Driver, clock: Clock
) -> None:
    other = dataclasses.replace(login, access_token=Secret("theirs"), refresh_token=Secret("their refresh"))

    class LastMoment(MemoryStore):
        def lease(self, tenant: str) -> MemoryLease:
            lock = super().lease(tenant)
            take = lock.try_acquire

            def try_acquire() -> bool:
                self.update(lambda draft: draft.update(lab=other))
                return take()

            lock.try_acquire = try_acquire  # type: ignore[method-assign] # another process commits in between
            return lock

    async with TokenSource(LastMoment({"lab": login}), catalogue=catalogue, driver=driver, clock=clock) as source:
        token = await source.force_refresh("lab", rejected=login.access_token)

    assert token.value == other.access_token
    assert not issuer.requests("/token")


async def test_a_commit_that_does_not_live_is_not_adopted(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3600
    holder = store.lease("lab")
    assert holder.try_acquire()
    waiter = asyncio.create_task(source.get_valid("lab"))
    await asyncio.sleep(0.05)
    await change(store, login, access_token=Secret("theirs"), expires_at=int(clock.now) - 1)
    await asyncio.sleep(0.05)
    assert not waiter.done()

    holder.release()

    assert (await waiter).value == (await stored(store)).access_token != Secret("theirs")
    assert len(issuer.requests("/token")) == 1


async def test_a_lock_that_is_let_go_without_a_commit_is_taken_over(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    holder = store.lease("lab")
    assert holder.try_acquire()
    waiter = asyncio.create_task(source.force_refresh("lab"))
    await asyncio.sleep(0.1)
    assert not waiter.done()

    holder.release()

    assert (await waiter).value != login.access_token
    assert len(issuer.requests("/token")) == 1


@pytest.mark.parametrize("source", [1.0], indirect=True)
async def test_a_lock_that_comes_free_too_late_for_a_request_is_left_to_others(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    """The wait and the request together must end while agents in other languages still wait."""
    holder = store.lease("lab")
    assert holder.try_acquire()
    waiter = asyncio.create_task(source.force_refresh("lab"))
    with AwakeClock() as passed:
        while passed.seconds() < 0.8:  # of 1.0
            await asyncio.sleep(0.01)

    holder.release()

    with pytest.raises(RefreshBusyError):
        await waiter
    assert not issuer.requests("/token")


async def test_a_logout_while_waiting_for_the_lock_ends_the_wait(
    source: TokenSource, login: TokenEntry, store: AsyncStore
) -> None:
    holder = store.lease("lab")
    assert holder.try_acquire()
    try:
        waiter = asyncio.create_task(source.force_refresh("lab"))
        await asyncio.sleep(0.05)
        await store.update(lambda draft: draft.pop("lab"))
        with pytest.raises(NotLoggedInError):
            await waiter
    finally:
        holder.release()


async def test_a_hanging_vendor_stops_no_reads_and_no_other_refresh(
    source: TokenSource, login: TokenEntry, logins: Logins, issuer: Issuer, clock: Clock
) -> None:
    offer = await logins.begin("jay", CONSOLE)
    await logins.complete(await issuer.approve(offer.url), CONSOLE)
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    issuer._seen.clear()
    hanging = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)

    assert (await source.get_valid("lab")).value == login.access_token
    assert (await source.force_refresh("jay")).value != login.access_token
    assert not hanging.done()
    answer.set()
    await hanging


async def test_the_lock_is_free_again_after_every_outcome(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.faults.next("/token", status=503)
    issuer.faults.next("/token", status=200, body={"access_token": "new", "token_type": "Bearer"})
    issuer.faults.next("/token", **INVALID_GRANT)  # type: ignore[arg-type] # a status and a body

    for _ in range(3):
        await asyncio.gather(source.force_refresh("lab"), return_exceptions=True)
        lock = store.lease("lab")
        async for _ in rechecks(store, PATIENCE):  # a database is told of the release in another thread
            if lock.try_acquire():
                break
        else:
            pytest.fail("the lock is still held")
        lock.release()
    assert len(issuer.requests("/token")) == 3


# the end of the time for which others wait


@pytest.mark.parametrize("answer", ["refused", "dead", "given"])
async def test_a_busy_store_keeps_the_lock_no_longer_than_others_wait(
    answer: str, login: TokenEntry, issuer: Issuer, tmp_path: Path, catalogue: Catalogue, clock: Clock
) -> None:
    """Late notes and commits are written when the store is free; a new token is in the journal until then."""
    faults: dict[str, dict[str, object]] = {"refused": {"status": 503}, "dead": INVALID_GRANT, "given": {}}
    issuer.faults.next("/token", delay=0.3, **faults[answer])  # type: ignore[arg-type] # a status and a body
    busy = Flock(tmp_path / "auth.json.global.lock")
    store = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock, lock_timeout=PATIENCE))
    async with TokenSource(store, catalogue=catalogue, clock=clock, deadline=2.0) as source:
        flight = asyncio.create_task(source.force_refresh("lab"))
        await reached(issuer)
        busy.acquire()
        begun, lock = time.monotonic(), store.lease("lab")
        while not lock.try_acquire():
            await asyncio.sleep(0.005)
        stayed = time.monotonic() - begun
        lock.release()
        await asyncio.wait((flight,))
        busy.release()

    assert stayed < PATIENCE / 4
    note = (await store.notes())["lab"]
    if answer == "given":
        assert (await stored(store)).access_token == flight.result().value != login.access_token
    else:
        assert (note.dead is None) == (answer == "refused")
        assert (note.attempt is not None) == (answer == "refused")
