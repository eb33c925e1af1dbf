"""One refresh: what it keeps, when it asks nothing, whose commit it takes, and what it remembers of a dead login."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from pathlib import Path
from typing import NoReturn, Protocol

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError, RefreshBusyError, VendorMisconfiguredError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.logins.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.source import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import (
    CONSOLE,
    AsyncStore,
    FileStore,
    InvalidTenantError,
    MemoryStore,
    Secret,
    StorageError,
    StoreUnwritableError,
    TokenEntry,
)
from openab_auth.storage.file.locks.flock import Flock
from openab_auth.storage.memory import MemoryLease

INVALID_GRANT = {"status": 400, "body": {"error": "invalid_grant"}}


class Clock(Protocol):
    now: float

    def __call__(self) -> float: ...


async def stored(store: AsyncStore) -> TokenEntry:
    entry = (await store.read())["lab"]
    assert isinstance(entry, TokenEntry)
    return entry


async def change(store: AsyncStore, login: TokenEntry, **fields: object) -> TokenEntry:
    """Write the login with other fields, as any process could that takes only the global lock."""
    changed = dataclasses.replace(login, **fields)  # type: ignore[arg-type] # whichever field
    await store.update(lambda draft: draft.update(lab=changed))
    return changed


async def reached(issuer: Issuer) -> None:
    """Wait until a refresh is at the server."""
    while not issuer.requests("/token"):
        await asyncio.sleep(0.005)


# what is kept


async def test_a_reply_without_a_refresh_token_keeps_the_old_one_and_all_other_fields(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    login = await change(store, login, extra={"theirs": [1, {"deep": None}]})
    issuer.faults.next("/token", status=200, body={"access_token": "new", "token_type": "Bearer", "expires_in": 60})

    token = await source.force_refresh("lab")

    wanted = dataclasses.replace(login, access_token=Secret("new"), expires_at=int(clock.now) + 60)
    assert await stored(store) == wanted
    assert (token.value, token.expires_at) == (wanted.access_token, wanted.expires_at)


async def test_a_reply_without_a_lifetime_lasts_as_long_as_the_vendors_table_says(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    issuer.faults.next("/token", status=200, body={"access_token": "new", "token_type": "Bearer"})

    assert (await source.force_refresh("lab")).expires_at == clock.now + 3600


async def test_the_second_and_the_third_refresh_know_endpoint_and_client_as_the_first_did(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    for _ in range(3):
        clock.now += 3600
        await source.get_valid("lab")

    posts = [seen.fields for seen in issuer.requests("/token")]
    assert len(posts) == len({post["refresh_token"] for post in posts}) == 3
    assert len({post["client_id"] for post in posts}) == 1
    assert all("scope" not in post for post in posts)
    assert (await stored(store)).token_endpoint == login.token_endpoint
    assert issuer.families[0].reuses == 0


async def test_the_note_about_a_login_outlives_its_refresh(
    source: TokenSource, login: TokenEntry, store: AsyncStore
) -> None:
    before = (await store.notes())["lab"]

    await source.force_refresh("lab")

    after = (await store.notes())["lab"]
    assert before.subject
    assert after.subject == dataclasses.replace(
        before.subject, fingerprint=(await stored(store)).refresh_token.fingerprint()
    )
    assert dataclasses.replace(after, subject=before.subject) == before


# no request


async def test_a_login_without_a_refresh_token_is_dead_without_a_request_or_a_wait(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    await change(store, login, refresh_token=Secret(""))
    holder = store.lease("lab")
    assert holder.try_acquire()
    try:
        with pytest.raises(LoginDeadError, match="the vendor gave no refresh token"):
            await source.force_refresh("lab")
    finally:
        holder.release()
    assert not issuer.requests("/token")


async def test_nothing_is_posted_when_the_store_could_not_take_the_new_token(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path, clock: Clock
) -> None:
    clock.now += 3600
    sidecar = tmp_path / "auth.json.global.lock"
    sidecar.unlink()
    sidecar.mkdir()

    with pytest.raises(StoreUnwritableError, match=r"auth\.json\.global\.lock"):
        await source.get_valid("lab")
    assert not issuer.requests("/token")


async def test_a_store_behind_a_symbolic_link_is_noticed_before_the_token_is_spent(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path
) -> None:
    path = tmp_path / "auth.json"
    path.symlink_to(path.rename(tmp_path / "real.json"))  # read through, and refused on write

    with pytest.raises(StoreUnwritableError, match="symbolic link"):
        await source.force_refresh("lab")
    assert not issuer.requests("/token")


async def test_nothing_is_posted_when_the_tenants_lock_cannot_be_opened(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path, clock: Clock
) -> None:
    sidecar = tmp_path / "auth.json.refresh.lab.lock"
    sidecar.unlink(missing_ok=True)
    sidecar.mkdir()

    assert (await source.get_valid("lab", min_ttl=7200)).value == login.access_token
    clock.now += 3600
    with pytest.raises(StoreUnwritableError, match=r"auth\.json\.refresh\.lab\.lock"):
        await source.get_valid("lab")
    assert not issuer.requests("/token")


async def test_a_tenant_that_no_sidecar_can_bear_is_never_refreshed(issuer: Issuer, clock: Clock) -> None:
    class Nameless(MemoryStore):
        def lease(self, tenant: str) -> NoReturn:  # as a file would
            raise InvalidTenantError(tenant, "no file can be called so")

    entry = TokenEntry(Secret("a"), Secret("r"), 0, issuer.token_url, "codex")
    source = TokenSource(Nameless({"codex": entry}), catalogue=Catalogue.shipped({}), clock=clock)

    with pytest.raises(InvalidTenantError):
        await source.get_valid("codex")


# whose commit


async def test_waiters_adopt_what_the_holder_of_the_lock_commits_before_it_lets_go(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3600
    holder = store.lease("lab")
    assert holder.try_acquire()
    try:
        waiter = asyncio.create_task(source.get_valid("lab"))
        await asyncio.sleep(0.05)
        other = await change(store, login, access_token=Secret("theirs"), expires_at=int(clock.now) + 3600)
        committed = time.monotonic()
        token = await waiter
        assert time.monotonic() - committed < 0.1
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


async def test_a_lock_that_comes_free_too_late_for_a_request_is_left_to_others(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    """All of it, the waiting and the request, must end while other languages' agents still wait."""
    holder = store.lease("lab")
    assert holder.try_acquire()
    waiter = asyncio.create_task(source.force_refresh("lab"))
    await asyncio.sleep(0.8)  # of 1.0

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


async def test_a_hanging_vendor_stops_neither_reads_nor_the_refresh_of_another_login(
    source: TokenSource, login: TokenEntry, logins: Logins, issuer: Issuer, clock: Clock
) -> None:
    offer = await logins.begin("jay", CONSOLE)
    await logins.complete(await issuer.approve(offer.url), CONSOLE)
    issuer.faults.next("/token", delay=0.6)
    issuer._seen.clear()
    hanging = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)

    assert (await source.get_valid("lab")).value == login.access_token
    assert (await source.force_refresh("jay")).value != login.access_token
    assert not hanging.done()
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
        assert lock.try_acquire()
        lock.release()
    assert len(issuer.requests("/token")) == 3


@pytest.mark.parametrize("other", ["login", "logout"])
async def test_a_login_or_logout_during_the_request_stands(
    other: str, source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.faults.next("/token", delay=0.15)
    caller = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)
    if other == "login":
        new = await change(store, login, access_token=Secret("theirs"), refresh_token=Secret("their refresh"))
        assert (await caller).value == new.access_token
        assert await stored(store) == new
    else:
        await store.update(lambda draft: draft.pop("lab"))
        with pytest.raises(NotLoggedInError):
            await caller
        assert not await store.read()
        assert not await store.notes()


# dead logins


async def test_a_dead_login_is_told_with_its_reason_and_time_by_every_later_process(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path, catalogue: Catalogue, clock: Clock
) -> None:
    issuer.families[0].revoked = True
    with pytest.raises(LoginDeadError) as first:
        await source.force_refresh("lab")
    died_at = int(clock.now)
    clock.now += 5000

    async with TokenSource(FileStore(tmp_path / "auth.json"), catalogue=catalogue, clock=clock) as restarted:
        with pytest.raises(LoginDeadError) as later:
            await restarted.get_valid("lab")

    assert login.refresh_token.reveal() not in (tmp_path / "auth.json.notes").read_text()
    assert later.value.reason == first.value.reason
    assert later.value.since == died_at
    assert len(issuer.requests("/token")) == 1


async def test_a_new_login_is_refreshed_although_the_one_before_it_died(
    source: TokenSource, login: TokenEntry, issuer: Issuer, logins: Logins
) -> None:
    issuer.families[0].revoked = True
    with pytest.raises(LoginDeadError):
        await source.force_refresh("lab")
    offer = await logins.begin("lab", CONSOLE)
    await logins.complete(await issuer.approve(offer.url), CONSOLE)

    assert (await source.force_refresh("lab")).value != login.access_token


async def test_who_is_refused_while_another_login_came_in_adopts_it_and_calls_nothing_dead(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.faults.next("/token", delay=0.15, **INVALID_GRANT)  # type: ignore[arg-type] # a status and a body
    waiter = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)
    other = await change(store, login, access_token=Secret("theirs"), refresh_token=Secret("their refresh"))

    assert (await waiter).value == other.access_token
    assert await stored(store) == other
    assert (await store.notes())["lab"].dead is None


async def test_who_is_refused_while_being_logged_out_is_not_logged_in(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.faults.next("/token", delay=0.15, **INVALID_GRANT)  # type: ignore[arg-type] # a status and a body
    waiter = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)
    await store.update(lambda draft: draft.pop("lab"))

    with pytest.raises(NotLoggedInError):
        await waiter


async def test_a_login_is_told_to_be_dead_even_when_that_cannot_be_noted(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.faults.next("/token", delay=0.15, **INVALID_GRANT)  # type: ignore[arg-type] # a status and a body
    waiter = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)
    notes = tmp_path / "auth.json.notes"
    notes.unlink()
    notes.mkdir()

    with pytest.raises(LoginDeadError):
        await waiter
    assert "lab: the result of its refresh could not be noted" in caplog.text


async def test_a_token_that_may_be_noted_as_dead_is_not_posted_while_the_notes_cannot_be_read(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path
) -> None:
    notes = tmp_path / "auth.json.notes"
    notes.unlink()
    notes.mkdir()

    with pytest.raises(StorageError, match=r"auth\.json\.notes could not be read"):
        await source.force_refresh("lab")

    assert issuer.requests("/token") == []


async def test_a_renewed_login_is_stored_though_the_notes_cannot_be_read_any_more(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, tmp_path: Path
) -> None:
    issuer.faults.next("/token", delay=0.15)
    waiter = asyncio.create_task(source.force_refresh("lab"))
    await reached(issuer)
    notes = tmp_path / "auth.json.notes"
    notes.unlink()
    notes.mkdir()

    renewed = await waiter

    entry = (await store.read())["lab"]
    assert isinstance(entry, TokenEntry)
    assert entry.access_token == renewed.value != login.access_token
    assert not os.path.lexists(tmp_path / "auth.json.spill.lab")  # noqa: ASYNC240 -- a folder of its own


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client", "unsupported_grant_type"])
async def test_a_refused_client_is_the_operators_matter_and_kills_no_login(
    error: str, source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.faults.next("/token", status=401, body={"error": error})

    with pytest.raises(VendorMisconfiguredError, match=error):
        await source.force_refresh("lab")

    assert await stored(store) == login
    assert (await store.notes())["lab"].dead is None
    assert (await source.force_refresh("lab")).value != login.access_token


async def test_a_driver_that_is_passed_in_is_left_open(
    store: AsyncStore, login: TokenEntry, catalogue: Catalogue, driver: Driver, clock: Clock
) -> None:
    async with TokenSource(store, catalogue=catalogue, driver=driver, clock=clock) as source:
        await source.force_refresh("lab")
    async with TokenSource(store, catalogue=catalogue, driver=driver, clock=clock) as source:
        await source.force_refresh("lab")


# the end of the time for which others wait


@pytest.mark.parametrize("answer", ["refused", "dead", "given"])
async def test_a_busy_store_does_not_keep_the_tenants_lock_beyond_the_time_that_others_wait_for(
    answer: str, login: TokenEntry, issuer: Issuer, tmp_path: Path, catalogue: Catalogue, clock: Clock
) -> None:
    """What is noted or committed late is written when the store is free; a token that was given lies in the journal."""
    faults: dict[str, dict[str, object]] = {"refused": {"status": 503}, "dead": INVALID_GRANT, "given": {}}
    issuer.faults.next("/token", delay=0.3, **faults[answer])  # type: ignore[arg-type] # a status and a body
    busy = Flock(tmp_path / "auth.json.global.lock")
    store = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock, lock_timeout=8))
    async with TokenSource(store, catalogue=catalogue, clock=clock, deadline=1.0) as source:
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

    assert stayed < 3
    note = (await store.notes())["lab"]
    if answer == "given":
        assert (await stored(store)).access_token == flight.result().value != login.access_token
    else:
        assert (note.dead is None) == (answer == "refused")
        assert (note.attempt is not None) == (answer == "refused")
