"""The vendor has rotated, and the store cannot take the new token: it is spilled, or stays in memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.entries import unsaved
from openab_auth.oauth.errors import NotLoggedInError, RefreshBusyError
from openab_auth.oauth.tokens import AccessToken, TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, Secret, StoreUnwritableError, TokenEntry
from openab_auth.storage.file.locks.flock import Flock
from tests.oauth.tokens.stored_logins import stored
from tests.support.clock import Clock
from tests.support.patience import PATIENCE


class Disk:
    """Break and repair the system calls of a commit and a spill, after the check before the request."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._real = path.with_name("real.json")
        self._spill = path.with_name("auth.json.spill.lab")

    def refuse_commits(self) -> None:
        self._path.symlink_to(self._path.rename(self._real))  # read through, and refused on write

    def refuse_spills(self) -> None:
        self._spill.mkdir()

    def mend(self) -> None:
        if self._path.is_symlink():
            self._real.replace(self._path)
        if self._spill.is_dir():
            self._spill.rmdir()


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr(unsaved, "_RETRY", 0.05)
    return Disk(tmp_path / "auth.json")


@pytest.fixture
async def process(tmp_path: Path, catalogue: Catalogue, clock: Clock) -> AsyncIterator[Callable[..., TokenSource]]:
    """Make a source that shares only the file, as another process does."""
    async with AsyncExitStack() as stack:

        def make(deadline: float = PATIENCE) -> TokenSource:
            store = FileStore(tmp_path / "auth.json", clock=clock)
            source = TokenSource(store, catalogue=catalogue, clock=clock, deadline=deadline)
            stack.push_async_callback(source.aclose)
            return source

        yield make


async def refresh_breaking(source: TokenSource, issuer: Issuer, *breaks: Callable[[], None]) -> AccessToken:
    """Start a refresh, and break the disk during its request."""
    asked = len(issuer.requests("/token"))
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    flight = asyncio.create_task(source.force_refresh("lab"))
    while len(issuer.requests("/token")) == asked:
        await asyncio.sleep(0.005)
    for each in breaks:
        each()
    answer.set()
    return await flight


@pytest.fixture
async def in_memory(source: TokenSource, login: TokenEntry, issuer: Issuer, disk: Disk) -> AccessToken:
    """Refresh the login while neither the store nor the journal takes the new token, and return this token."""
    token = await refresh_breaking(source, issuer, disk.refuse_commits, disk.refuse_spills)
    assert token.value != login.access_token
    return token


async def test_what_cannot_be_committed_is_spilled_and_read_by_every_process(
    source: TokenSource,
    login: TokenEntry,
    issuer: Issuer,
    disk: Disk,
    process: Callable[..., TokenSource],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Case 3."""
    token = await refresh_breaking(source, issuer, disk.refuse_commits)

    assert token.value != login.access_token
    assert (await process().get_valid("lab")).value == token.value
    assert "lab: a renewed login is in the journal" in caplog.text
    disk.mend()
    assert (await process().force_refresh("lab")).value != token.value
    assert len(issuer.requests("/token")) == 2
    assert not issuer.families[0].reuses


@pytest.mark.parametrize("spillable", [True, False])
async def test_a_token_that_was_not_rotated_is_kept_even_if_it_ends_earlier(
    *,
    spillable: bool,
    source: TokenSource,
    login: TokenEntry,
    issuer: Issuer,
    store: AsyncStore,
    disk: Disk,
    process: Callable[..., TokenSource],
) -> None:
    issuer.tokens.rotates, issuer.tokens.access_lifetime = False, 1800
    token = await refresh_breaking(source, issuer, disk.refuse_commits, *(() if spillable else (disk.refuse_spills,)))

    assert token.value != login.access_token
    assert await source.get_valid("lab") == token
    if spillable:
        assert (await process().get_valid("lab")).value == token.value
    disk.mend()
    await source.aclose()
    kept = await stored(store)
    assert kept.access_token == token.value
    assert kept.refresh_token == login.refresh_token
    assert kept.expires_at < login.expires_at


async def test_a_login_that_comes_in_before_the_spill_is_served(
    login: TokenEntry,
    issuer: Issuer,
    tmp_path: Path,
    catalogue: Catalogue,
    clock: Clock,
    store: AsyncStore,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unsaved, "_LAST_TRIES", 0)
    path = tmp_path / "auth.json"
    holder = Flock(tmp_path / "auth.json.global.lock")

    def log_in_elsewhere() -> None:
        text = path.read_text().replace(login.access_token.reveal(), "new")
        path.write_text(text.replace(login.refresh_token.reveal(), "its refresh"))

    async with TokenSource(FileStore(path, clock=clock, lock_timeout=0.1), catalogue=catalogue, clock=clock) as source:
        token = await refresh_breaking(source, issuer, holder.acquire, log_in_elsewhere)

        assert token.value == Secret("new")
        assert "in the journal" not in caplog.text
        assert "another login or a logout came in" in caplog.text
    holder.release()
    assert "is lost" not in caplog.text
    assert (await stored(store)).access_token == Secret("new")


async def test_an_unspillable_token_is_served_from_memory_and_stored_later(
    source: TokenSource,
    login: TokenEntry,
    issuer: Issuer,
    store: AsyncStore,
    disk: Disk,
    process: Callable[..., TokenSource],
    caplog: pytest.LogCaptureFixture,
    in_memory: AccessToken,
) -> None:
    assert await stored(store) == login
    assert await source.get_valid("lab") == in_memory
    await asyncio.sleep(0.2)  # some tries
    assert caplog.text.count("is only in the memory of this process") == 1

    disk.mend()
    async with asyncio.timeout(PATIENCE):
        while (await stored(store)).access_token != in_memory.value:
            await asyncio.sleep(0.02)
    assert (await stored(store)).refresh_token.reveal() == issuer.families[0].refresh_token
    assert len(issuer.requests("/token")) == 1


async def test_it_is_served_while_the_store_cannot_even_be_read(
    source: TokenSource, issuer: Issuer, store: AsyncStore, disk: Disk, tmp_path: Path, in_memory: AccessToken
) -> None:
    (tmp_path / "auth.json").unlink()
    (tmp_path / "auth.json").mkdir()  # which no read takes for an empty store

    assert await source.get_valid("lab") == in_memory

    (tmp_path / "auth.json").rmdir()
    (tmp_path / "real.json").rename(tmp_path / "auth.json")
    disk.mend()
    assert (await source.force_refresh("lab")).value != in_memory.value
    assert not issuer.families[0].reuses


async def test_nobody_posts_the_spent_token_while_the_new_one_is_in_memory_alone(
    source: TokenSource, issuer: Issuer, disk: Disk, process: Callable[..., TokenSource], in_memory: AccessToken
) -> None:
    with pytest.raises(RefreshBusyError):
        await process(0.5).force_refresh("lab")
    with pytest.raises(StoreUnwritableError):
        await source.force_refresh("lab")
    assert await source.get_valid("lab", min_ttl=7200) == in_memory
    assert len(issuer.requests("/token")) == 1

    disk.mend()
    await source.force_refresh("lab")
    await process().force_refresh("lab")
    assert not issuer.families[0].reuses


@pytest.mark.usefixtures("in_memory")
async def test_a_login_that_comes_in_wins_over_what_is_in_memory(
    source: TokenSource, login: TokenEntry, store: AsyncStore, disk: Disk
) -> None:
    new = TokenEntry(Secret("new"), Secret("its refresh"), login.expires_at, login.token_endpoint, "lab")
    disk.mend()

    await store.update(lambda draft: draft.update(lab=new))

    assert (await source.get_valid("lab")).value == new.access_token
    await asyncio.sleep(0.2)
    assert await stored(store) == new


@pytest.mark.usefixtures("in_memory")
async def test_a_logout_ends_what_is_in_memory(source: TokenSource, store: AsyncStore, disk: Disk) -> None:
    disk.mend()

    await store.update(lambda draft: draft.pop("lab"))

    with pytest.raises(NotLoggedInError):
        await source.get_valid("lab")
    await asyncio.sleep(0.2)
    assert not await store.read()
    lock = store.lease("lab")
    assert lock.try_acquire()
    lock.release()


@pytest.mark.parametrize("mended", [True, False])
async def test_a_process_that_ends_tries_once_more_and_says_what_is_lost(
    *,
    mended: bool,
    source: TokenSource,
    store: AsyncStore,
    disk: Disk,
    caplog: pytest.LogCaptureFixture,
    in_memory: AccessToken,
) -> None:
    if mended:
        disk.mend()

    await source.aclose()

    lost = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert ((await stored(store)).access_token == in_memory.value) == mended
    assert bool(lost) == (not mended)
    assert not any(in_memory.value.reveal() in record.getMessage() for record in caplog.records)


async def test_a_commit_that_takes_too_long_is_spilled_in_time(
    login: TokenEntry, issuer: Issuer, tmp_path: Path, catalogue: Catalogue, clock: Clock, store: AsyncStore
) -> None:
    """A program that holds the global lock for long must cost nobody a token, and delay no agent too long."""
    holder = Flock(tmp_path / "auth.json.global.lock")
    async with TokenSource(
        FileStore(tmp_path / "auth.json", clock=clock, lock_timeout=PATIENCE),
        catalogue=catalogue,
        clock=clock,
        deadline=0.5,
    ) as source:
        begun = asyncio.get_running_loop().time()
        token = await refresh_breaking(source, issuer, holder.acquire)
        assert asyncio.get_running_loop().time() - begun < PATIENCE / 4
        assert (await stored(store)).access_token == token.value != login.access_token
        holder.release()
    assert (await stored(store)).access_token == token.value
