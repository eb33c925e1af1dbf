"""Hazards at the end of a login: a busy store, a full disk, and pending logins that nobody can finish."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.entries import unsaved
from openab_auth.oauth.entries.generation import generation_of
from openab_auth.oauth.errors import (
    LoginChangedError,
    LoginNotStoredError,
    LoginTakenError,
    NoPendingLoginError,
    PasteRefusedError,
    UnknownVendorError,
)
from openab_auth.oauth.flows import LoginResult
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import NEVER, AsyncStore, FileStore, PendingEntry, Secret, TokenEntry, UserId
from tests.oauth.logins.code_logins import ADA, BOB
from tests.support.clock import Clock
from tests.support.locks import foreign_lock
from tests.support.patience import PATIENCE, until

Completing = tuple[asyncio.Task[LoginResult], asyncio.Event]


@pytest.fixture
def busy_store(clock: Clock, tmp_path: Path) -> AsyncStore:
    """Open the store; it waits for the global lock a moment only."""
    return AsyncStore(FileStore(tmp_path / "auth.json", clock=clock, lock_timeout=0.1))


@pytest.fixture
async def impatient(
    catalogue: Catalogue, busy_store: AsyncStore, driver: Driver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Logins]:
    """Return logins that wait for a busy store for a moment, and then use the journal."""
    monkeypatch.setattr(unsaved, "_RETRY", 0.05)
    logins = Logins(catalogue, busy_store, driver, clock=clock, lock_wait=0.2)
    yield logins
    await logins.aclose()


async def code_at_the_vendor(
    logins: Logins,
    issuer: Issuer,
    link: str,
    user: UserId,
    tokens: Mapping[str, object] | None = None,
) -> Completing:
    """Approve the link and paste its redirect; return when the code has arrived. The vendor answers at the event."""
    redirect = await issuer.approve(link)
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer, status=200 if tokens else None, body=tokens)
    completing = asyncio.create_task(logins.complete(redirect, user))
    await until(lambda: bool(issuer.requests("/token")))
    return completing, answer


async def test_a_login_that_finds_the_store_busy_is_stored_once_it_is_free(
    catalogue: Catalogue, busy_store: AsyncStore, driver: Driver, clock: Clock, tmp_path: Path, issuer: Issuer
) -> None:
    """A code works only once, so a busy lock must not lose its tokens."""
    logins = Logins(catalogue, busy_store, driver, clock=clock, lock_wait=PATIENCE)
    completing, answer = await code_at_the_vendor(logins, issuer, (await logins.begin("lab", ADA)).url, ADA)

    with foreign_lock(tmp_path / "auth.json.global.lock"):
        answer.set()
        await asyncio.sleep(0.6)
        assert not completing.done()
    done = await completing

    assert done.account
    assert "lab" in await busy_store.read()


async def test_a_login_that_cannot_be_committed_waits_in_the_journal(
    impatient: Logins, busy_store: AsyncStore, clock: Clock, tmp_path: Path, issuer: Issuer
) -> None:
    completing, answer = await code_at_the_vendor(impatient, issuer, (await impatient.begin("lab", ADA)).url, ADA)

    with foreign_lock(tmp_path / "auth.json.global.lock"):
        answer.set()
        assert (await completing).account
        assert "lab" in FileStore(tmp_path / "auth.json", clock=clock).read()
        assert (tmp_path / "auth.json.spill.lab").exists()
    await until(lambda: not (tmp_path / "auth.json.spill.lab").exists())
    assert "lab" in json.loads((tmp_path / "auth.json").read_text())
    assert (await busy_store.notes())["lab"].logged_in_by == ADA


async def test_a_login_without_refresh_token_waits_in_the_journal(
    impatient: Logins, busy_store: AsyncStore, clock: Clock, tmp_path: Path, issuer: Issuer
) -> None:
    """Neither has a known end, so only the access token tells them apart."""
    old = TokenEntry(Secret("old"), Secret(""), NEVER, issuer.token_url, "lab")
    await busy_store.update(lambda draft: draft.update(lab=old))
    link = (await impatient.begin("lab", ADA, replaces=generation_of(old, None))).url
    tokens = {"access_token": "new", "token_type": "Bearer", "expires_in": NEVER}
    completing, answer = await code_at_the_vendor(impatient, issuer, link, ADA, tokens)

    with foreign_lock(tmp_path / "auth.json.global.lock"):
        answer.set()
        await completing
        spilled = FileStore(tmp_path / "auth.json", clock=clock).read()["lab"]
        assert isinstance(spilled, TokenEntry)
        assert spilled.access_token == Secret("new")
        assert not spilled.refresh_token


async def test_a_login_in_the_journal_alone_is_not_taken_for_the_one_before(
    impatient: Logins,
    busy_store: AsyncStore,
    catalogue: Catalogue,
    driver: Driver,
    clock: Clock,
    tmp_path: Path,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The process ended before it could commit; Ada's old button and old rights do not reach Bob's login."""
    monkeypatch.setattr(unsaved, "_LAST_TRIES", 0)
    await impatient.complete(await issuer.approve((await impatient.begin("lab", ADA)).url), ADA)
    adas = generation_of((await busy_store.read())["lab"], (await busy_store.notes())["lab"])
    link = (await impatient.begin("lab", BOB, replaces=adas)).url
    issuer._seen.clear()
    completing, answer = await code_at_the_vendor(impatient, issuer, link, BOB)
    with foreign_lock(tmp_path / "auth.json.global.lock"):
        answer.set()
        await completing
        await impatient.aclose()

    others = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock))
    assert (await others.notes())["lab"].logged_in_by == BOB
    other = Logins(catalogue, others, driver, clock=clock, lock_wait=0.1)
    with pytest.raises(LoginTakenError):
        await other.begin("lab", ADA)
    with pytest.raises(LoginChangedError):
        await other.logout(await other.account("lab"), adas, revoke=True)
    assert (await others.notes())["lab"].logged_in_by == BOB
    assert "lab" in json.loads((tmp_path / "auth.json").read_text())
    await other.aclose()


async def test_a_login_that_no_disk_takes_is_told_kept_in_memory_stored_later(
    impatient: Logins, busy_store: AsyncStore, tmp_path: Path, issuer: Issuer
) -> None:
    completing, answer = await code_at_the_vendor(impatient, issuer, (await impatient.begin("lab", ADA)).url, ADA)
    (tmp_path / "auth.json.spill.lab").mkdir()

    with foreign_lock(tmp_path / "auth.json.global.lock"):
        answer.set()
        with pytest.raises(LoginNotStoredError, match="it is in memory"):
            await completing

    async with asyncio.timeout(PATIENCE):
        while "lab" not in await busy_store.notes():  # they are written after the login
            await asyncio.sleep(0.02)
    assert (await busy_store.notes())["lab"].logged_in_by == ADA
    assert "lab" in await busy_store.read()


async def test_a_pending_login_is_cancelled_or_completed_as_it_was_shown(
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


async def test_a_pending_login_at_an_unknown_vendor_can_go_and_disturbs_no_paste(
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

    assert (await logins.states.status()).pending == ()
