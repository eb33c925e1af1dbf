"""What can go wrong around the end of a login: a busy store, a logout under way, makers and vendors nobody knows."""

from __future__ import annotations

import asyncio
import dataclasses
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver, OAuthClient
from openab_auth.oauth.entries import unsaved
from openab_auth.oauth.entries.generation import generation_of
from openab_auth.oauth.errors import (
    LoginChangedError,
    LoginNotStoredError,
    LoginOvertakenError,
    LoginTakenError,
    NoPendingLoginError,
    PasteRefusedError,
    UnknownVendorError,
    VendorUnavailableError,
)
from openab_auth.oauth.logins import Logins, LogoutResult
from openab_auth.oauth.logins.logins import Logins
from openab_auth.oauth.logins.logout import LoginRemover
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.source import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, Draft, FileStore, PendingEntry, Secret, Tenant, TokenEntry, UserId
from openab_auth.storage.records.notes import Begun

ADA, BOB, CAROL = UserId(1001), UserId(1002), UserId(1003)


class Clock(Protocol):
    now: float

    def __call__(self) -> float: ...


async def generation(logins: Logins) -> str:
    """Which login lies at `lab`."""
    state = await logins.login_state("lab")
    assert state is not None
    return state.generation


def rotate(draft: Draft, token: str) -> None:
    """What another program does that renews the login at `lab`, or makes another one."""
    entry = draft["lab"]
    assert isinstance(entry, TokenEntry)
    draft["lab"] = dataclasses.replace(entry, refresh_token=Secret(token))


@contextmanager
def foreign_lock(path: Path) -> Iterator[None]:
    """A raw flock(2), as another program holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


async def test_a_login_whose_commit_finds_the_store_busy_is_stored_as_soon_as_it_is_free(
    catalogue: Catalogue, driver: Driver, clock: Clock, tmp_path: Path, issuer: Issuer
) -> None:
    """A code cannot be traded twice, so what it brought is not let go because of a lock."""
    store = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock, lock_timeout=0.1))
    logins = Logins(catalogue, store, driver, clock=clock, lock_wait=10)
    redirect = await issuer.approve((await logins.begin("lab", ADA)).url)
    issuer.faults.next("/token", delay=0.3)
    completing = asyncio.create_task(logins.complete(redirect, ADA))
    while not issuer.requests("/token"):
        await asyncio.sleep(0.01)

    with foreign_lock(tmp_path / "auth.json.global.lock"):
        await asyncio.sleep(0.6)
        assert not completing.done()
    done = await completing

    assert done.account
    assert "lab" in await store.read()


async def test_a_login_that_the_store_does_not_take_lies_in_the_journal_and_then_in_the_store(
    catalogue: Catalogue, driver: Driver, clock: Clock, tmp_path: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsaved, "_RETRY", 0.05)
    store = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock, lock_timeout=0.1))
    logins = Logins(catalogue, store, driver, clock=clock, lock_wait=0.2)
    redirect = await issuer.approve((await logins.begin("lab", ADA)).url)
    issuer.faults.next("/token", delay=0.3)
    completing = asyncio.create_task(logins.complete(redirect, ADA))
    while not issuer.requests("/token"):
        await asyncio.sleep(0.01)

    with foreign_lock(tmp_path / "auth.json.global.lock"):
        assert (await completing).account
        assert "lab" in FileStore(tmp_path / "auth.json", clock=clock).read()
        assert (tmp_path / "auth.json.spill.lab").exists()
    async with asyncio.timeout(10):
        while (tmp_path / "auth.json.spill.lab").exists():
            await asyncio.sleep(0.02)
    assert "lab" in json.loads((tmp_path / "auth.json").read_text())
    assert (await store.notes())["lab"].logged_in_by == ADA
    await logins.aclose()


async def test_a_login_that_lies_in_the_journal_alone_is_not_taken_for_the_one_before(
    catalogue: Catalogue, driver: Driver, clock: Clock, tmp_path: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ended before it could commit; Ada's old button and old rights do not reach Bob's login."""
    monkeypatch.setattr(unsaved, "_LAST_TRIES", 0)
    store = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock, lock_timeout=0.1))
    logins = Logins(catalogue, store, driver, clock=clock, lock_wait=0.1)
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    adas = generation_of((await store.read())["lab"], (await store.notes())["lab"])
    redirect = await issuer.approve((await logins.begin("lab", BOB, replaces=adas)).url)
    issuer.faults.next("/token", delay=0.3)
    issuer._seen.clear()
    completing = asyncio.create_task(logins.complete(redirect, BOB))
    while not issuer.requests("/token"):
        await asyncio.sleep(0.01)
    with foreign_lock(tmp_path / "auth.json.global.lock"):
        await completing
        await logins.aclose()

    others = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock))
    assert (await others.notes())["lab"].logged_in_by == BOB
    other = Logins(catalogue, others, driver, clock=clock, lock_wait=0.1)
    with pytest.raises(LoginTakenError):
        await other.begin("lab", ADA)
    with pytest.raises(LoginChangedError):
        await other.logout("lab", adas, revoke=True)
    assert (await others.notes())["lab"].logged_in_by == BOB
    assert "lab" in json.loads((tmp_path / "auth.json").read_text())
    await other.aclose()


async def test_a_login_that_no_disk_takes_is_told_as_kept_in_memory_and_stored_as_soon_as_it_can_be(
    catalogue: Catalogue, driver: Driver, clock: Clock, tmp_path: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsaved, "_RETRY", 0.05)
    store = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock, lock_timeout=0.1))
    logins = Logins(catalogue, store, driver, clock=clock, lock_wait=0.2)
    redirect = await issuer.approve((await logins.begin("lab", ADA)).url)
    issuer.faults.next("/token", delay=0.3)
    completing = asyncio.create_task(logins.complete(redirect, ADA))
    while not issuer.requests("/token"):
        await asyncio.sleep(0.01)
    (tmp_path / "auth.json.spill.lab").mkdir()

    with foreign_lock(tmp_path / "auth.json.global.lock"), pytest.raises(LoginNotStoredError, match="it is in memory"):
        await completing

    async with asyncio.timeout(10):
        while "lab" not in await store.notes():  # which are written after the login
            await asyncio.sleep(0.02)
    assert (await store.notes())["lab"].logged_in_by == ADA
    assert "lab" in await store.read()
    await logins.aclose()


async def test_a_spilled_login_is_ended_by_a_logout(
    catalogue: Catalogue, driver: Driver, clock: Clock, tmp_path: Path, issuer: Issuer
) -> None:
    store = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock))
    spilled = TokenEntry(Secret("a"), Secret("r"), int(clock()) + 3600, issuer.token_url, "lab")
    await store.spill("lab", spilled, None)
    assert (await store.read())["lab"] == spilled
    logins = Logins(catalogue, store, driver, clock=clock)

    await logins.logout("lab", revoke=False)

    assert "lab" not in FileStore(tmp_path / "auth.json", clock=clock).read()
    assert not (tmp_path / "auth.json.spill.lab").exists()
    await logins.aclose()


async def test_a_logout_leaves_a_login_that_came_in_while_the_vendor_was_told(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    second = await issuer.approve((await logins.begin("lab", ADA)).url)
    issuer.faults.next("/revoke", delay=1.2)
    leaving = asyncio.create_task(logins.logout("lab", revoke=True))
    while not issuer.requests("/revoke"):
        await asyncio.sleep(0.01)

    await logins.complete(second, ADA)  # it waits for the tenant's lock in vain, and is stored all the same
    stored = (await store.read())["lab"]
    out = await leaving

    assert (out.removed, out.stands, out.revoked, out.note) == (False, True, True, None)
    assert (await store.read())["lab"] == stored


async def test_a_logout_of_what_somebody_has_removed_meanwhile_says_that_it_was_gone_and_no_more(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    issuer.faults.next("/revoke", delay=1.2)
    first = asyncio.create_task(logins.logout("lab", revoke=True))
    while not issuer.requests("/revoke"):
        await asyncio.sleep(0.01)

    second = await logins.logout(
        "lab", revoke=False
    )  # it waits for the tenant's lock in vain, and removes all the same
    out = await first

    assert second.removed
    assert (out.removed, out.stands, out.revoked, out.note) == (False, False, True, None)
    assert await store.read() == {}


async def test_a_login_that_nobody_is_known_to_have_made_is_not_replaced_without_asking(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    await store.update(lambda draft: draft.notes.pop("lab"))  # or an agent of another language made it

    with pytest.raises(LoginTakenError) as taken:
        await logins.begin("lab", BOB)

    assert taken.value.logged_in_by is None


@pytest.mark.parametrize("agreed", [False, True])
async def test_a_login_that_came_in_while_the_vendor_gave_another_stands_and_the_person_is_asked(
    agreed: bool, logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    """A yes to one person's login is none to the next one's."""
    carols = None
    if agreed:
        await logins.complete(await issuer.approve((await logins.begin("lab", CAROL)).url, "carol@example.com"), CAROL)
        carols = await generation(logins)
    hers = await logins.begin("lab", ADA, replaces=carols)
    his = await logins.begin("lab", BOB, replaces=carols)
    redirect = await issuer.approve(hers.url)
    posted = len(issuer.requests("/token"))
    issuer.faults.next("/token", delay=0.3)
    completing = asyncio.create_task(logins.complete(redirect, ADA))
    while len(issuer.requests("/token")) == posted:
        await asyncio.sleep(0.01)
    await logins.complete(await issuer.approve(his.url, "bob@example.com"), BOB)
    stands = (await store.read())["lab"]

    with pytest.raises(LoginOvertakenError) as overtaken:
        await completing

    assert (overtaken.value.logged_in_by, overtaken.value.account) == (BOB, "bob@example.com")
    assert "yours was not stored" in str(overtaken.value)
    assert dict(await store.read()) == {"lab": stands}
    assert (await store.notes())["lab"].logged_in_by == BOB
    assert not issuer.requests("/revoke")  # at some vendors that would end every login of the account


async def test_a_login_that_was_begun_before_this_one_and_stored_meanwhile_is_asked_about(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    """The vendor had given it before; it waited for the store, and nobody could see it."""
    refresh = store.lease("lab")
    assert refresh.try_acquire()
    his = await logins.begin("lab", BOB)
    completing = asyncio.create_task(logins.complete(await issuer.approve(his.url, "bob@example.com"), BOB))
    while not issuer.requests("/token"):
        await asyncio.sleep(0.01)
    hers = await logins.begin("lab", ADA)
    refresh.release()
    await completing

    with pytest.raises(LoginTakenError):
        await logins.complete(await issuer.approve(hers.url), ADA)


@pytest.mark.parametrize("change", ["another program logs in", "its note is lost"])
async def test_a_login_whose_maker_is_not_known_is_not_replaced_by_a_link_from_before(
    logins: Logins, issuer: Issuer, store: AsyncStore, change: str
) -> None:
    hers = await logins.begin("lab", ADA)
    await logins.complete(await issuer.approve((await logins.begin("lab", BOB)).url, "bob@example.com"), BOB)
    await store.update(lambda draft: draft.notes.pop("lab"))
    if change == "another program logs in":
        await store.update(partial(rotate, token="r"))
    stands = (await store.read())["lab"]

    with pytest.raises(LoginTakenError):
        await logins.complete(await issuer.approve(hers.url), ADA)

    assert (await store.read())["lab"] == stands


async def test_a_yes_holds_for_one_login_through_its_renewals_and_for_no_other(
    logins: Logins, issuer: Issuer, store: AsyncStore, source: TokenSource
) -> None:
    """An agent in Rust rotates the refresh token, and drops the fields that it does not know."""
    await logins.complete(await issuer.approve((await logins.begin("lab", BOB)).url, "bob@example.com"), BOB)
    asked_about = await generation(logins)
    await source.force_refresh("lab")
    await store.update(partial(rotate, token="rust"))

    assert await generation(logins) == asked_about
    hers = await logins.begin("lab", ADA, replaces=asked_about)
    await logins.complete(await issuer.approve((await logins.begin("lab", BOB)).url, "bob@example.com"), BOB)

    assert await generation(logins) != asked_about
    with pytest.raises(LoginTakenError):
        await logins.complete(await issuer.approve(hers.url), ADA)
    with pytest.raises(LoginTakenError):
        await logins.begin("lab", ADA, replaces=asked_about)


async def test_a_yes_is_still_known_after_a_code_that_never_left(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await logins.complete(await issuer.approve((await logins.begin("lab", BOB)).url, "bob@example.com"), BOB)
    offer = await logins.begin("lab", ADA, replaces=await generation(logins))
    redirect = await issuer.approve(offer.url)

    def point_at(draft: Draft, url: str) -> None:
        entry = draft[f"pending:lab:{ADA}"]
        assert isinstance(entry, PendingEntry)
        draft[f"pending:lab:{ADA}"] = dataclasses.replace(entry, token_url=url)

    await store.update(partial(point_at, url="http://127.0.0.1:1/token"))
    with pytest.raises(VendorUnavailableError):
        await logins.complete(redirect, ADA)
    assert (await store.notes())[f"pending:lab:{ADA}"].begun == Begun(await generation(logins))
    await store.update(partial(point_at, url=issuer.token_url))

    await logins.complete(redirect, ADA)

    notes = await store.notes()
    assert list(notes) == ["lab"]
    assert notes["lab"].logged_in_by == ADA


@pytest.mark.parametrize("revoke", [False, True])
@pytest.mark.parametrize("other", ["another person's", "the same person's next", "one without its note"])
async def test_a_logout_ends_the_login_that_it_was_about_or_none(
    logins: Logins, issuer: Issuer, store: AsyncStore, other: str, revoke: bool
) -> None:
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    asked_about = await generation(logins)
    if other == "one without its note":
        await store.update(lambda draft: draft.notes.pop("lab"))
    else:
        user = BOB if other == "another person's" else ADA
        offer = await logins.begin("lab", user, replaces=asked_about)
        await logins.complete(await issuer.approve(offer.url), user)
    stands = (await store.read())["lab"]

    with pytest.raises(LoginChangedError):
        await logins.logout("lab", asked_about, revoke=revoke)

    assert (await store.read())["lab"] == stands
    assert not issuer.requests("/revoke")


async def test_a_logout_that_waits_for_a_refresh_does_not_end_the_login_that_comes_in_meanwhile(
    logins: Logins, issuer: Issuer, store: AsyncStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who says `openab-auth logout lab` means the login that was there then."""
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    offer = await logins.begin("lab", BOB, replaces=await generation(logins))
    redirect = await issuer.approve(offer.url, "bob@example.com")
    remove = LoginRemover.remove

    async def late(
        self: LoginRemover, tenant: Tenant, made: str, client: OAuthClient | None, *, revoke: bool
    ) -> LogoutResult:
        await logins.complete(redirect, BOB)
        return await remove(self, tenant, made, client, revoke=revoke)

    monkeypatch.setattr(LoginRemover, "remove", late)

    with pytest.raises(LoginChangedError):
        await logins.logout("lab", revoke=True)

    assert (await store.notes())["lab"].logged_in_by == BOB
    assert not issuer.requests("/revoke")


async def test_a_pending_login_is_cancelled_and_completed_as_the_one_that_was_shown(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    first = await logins.begin("lab", ADA)
    second = await logins.begin("lab", ADA)

    with pytest.raises(NoPendingLoginError):
        await logins.cancel(ADA, "lab", first.generation)
    with pytest.raises(NoPendingLoginError):
        await logins.complete(await issuer.approve(second.url), ADA, "lab", first.generation)
    assert (await logins.pending(ADA))[0].generation == second.generation
    await logins.complete(await issuer.approve(second.url), ADA, "lab", second.generation)

    assert not await logins.pending(ADA)


async def test_a_pending_login_of_a_vendor_that_is_not_offered_here_can_be_cancelled_and_bothers_no_paste(
    logins: Logins, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    foreign = PendingEntry(Secret("v" * 43), Secret("s" * 43), "https://x/t", "xai-oauth", created_at=int(clock()) + 1)
    await logins.begin("lab", ADA)
    await store.update(lambda draft: draft.update({f"pending:xai-oauth:{ADA}": foreign}))

    with pytest.raises(PasteRefusedError):  # explained against the login at lab
        await logins.complete("ABCDEF123456#zzzzzzzzzzzzz", ADA)
    cancelled = await logins.cancel(ADA, "xai-oauth")

    assert cancelled.name == "xai-oauth"
    assert f"pending:xai-oauth:{ADA}" not in await store.read()


async def test_a_paste_with_nothing_waiting_says_so_but_a_token_is_named_first(logins: Logins) -> None:
    with pytest.raises(NoPendingLoginError):
        await logins.complete("hello", ADA)
    with pytest.raises(UnknownVendorError):
        await logins.complete("hello", ADA, "nosuch")
    with pytest.raises(PasteRefusedError, match="revoke it"):
        await logins.complete("sk-abcdefghijklmnopqrstuvwx", ADA)


async def test_a_pending_key_of_too_many_digits_is_nobodys_login(logins: Logins, store: AsyncStore) -> None:
    entry = PendingEntry(Secret("v" * 43), Secret("s" * 43), "https://x/t", "lab", created_at=1_800_000_000)
    await store.update(lambda draft: draft.update({f"pending:lab:{'9' * 5000}": entry}))

    assert (await logins.status()).pending == ()
