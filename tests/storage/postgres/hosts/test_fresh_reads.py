"""What a process reads: what it knew a moment ago, or what is stored; under a lease only the second."""

from __future__ import annotations

import asyncio
import time

import pytest

from openab_auth.storage import NOTES, Note, Store
from tests.storage.entries import put, token
from tests.storage.postgres.places import Place
from tests.support.patience import PATIENCE
from tests.support.postgres.proxy import Proxy

FAR = 3600.0  # seconds of staleness that no test reaches


@pytest.fixture
def ours(place: Place) -> Store:
    """Open a store that trusts for long what it has read; it has read everything."""
    place.open().update(put("codex", token()))
    ours = place.open(max_staleness=FAR)
    ours.read()
    ours.notes()
    return ours


@pytest.fixture
def theirs(place: Place) -> Store:
    return place.on_another_host().open()


def test_a_login_is_read_anew_after_its_lease_was_taken(ours: Store, theirs: Store) -> None:
    """Else a process posts the refresh token that another host has just rotated."""
    theirs.update(put("codex", token(value="rotated")))
    assert ours.read()["codex"] == token()
    lease = ours.lease("codex")

    assert lease.try_acquire()

    assert ours.entry("codex") == token(value="rotated")
    assert ours.read()["codex"] == token(value="rotated")


def test_a_note_is_read_anew_after_the_lease_was_taken(ours: Store, theirs: Store) -> None:
    """It says whether the refresh token is dead, and who has tried."""
    note = Note("ada@example.com")
    theirs.update(lambda draft: draft.notes.update(codex=note))
    lease = ours.lease("codex")

    assert lease.try_acquire()

    assert ours.record(NOTES, "codex") == note
    assert ours.notes() == {"codex": note}


def test_a_process_reads_what_it_wrote(ours: Store, theirs: Store) -> None:
    ours.update(put("claude", token("claude")))
    assert ours.read()["claude"] == token("claude")
    theirs.update(put("kimi", token("kimi")))
    ours.update(put("claude", token("claude", "new")))

    assert ours.read()["claude"] == token("claude", "new")
    assert ours.entry("claude") == token("claude", "new")


def test_a_warm_read_asks_nobody(place: Place, proxy: Proxy) -> None:
    store = place.through(proxy.folder).open(max_staleness=FAR)
    store.update(put("codex", token()))
    store.read()
    store.notes()
    asked = len(proxy.statements)

    for _ in range(100):
        store.read()
        store.entry("codex")
        store.peek()
        store.version()

    assert len(proxy.statements) == asked


async def test_waiting_sees_a_commit_of_another_host_at_once(ours: Store, theirs: Store) -> None:
    since = ours.version()
    waiting = asyncio.create_task(ours.wait_for_change(since, PATIENCE))
    await asyncio.sleep(0)
    before = time.monotonic()

    await asyncio.to_thread(theirs.update, put("codex", token(value="rotated")))

    assert await waiting
    assert time.monotonic() - before < 2.0
    assert (await asyncio.to_thread(ours.read))["codex"] == token(value="rotated")


async def test_waiting_goes_on_while_the_database_is_away(place: Place, proxy: Proxy) -> None:
    ours = place.through(proxy.folder).open()
    ours.update(put("codex", token()))
    ours.read()
    since = ours.version()
    waiting = asyncio.create_task(ours.wait_for_change(since, PATIENCE))
    with proxy.refusing():
        place.on_another_host().open().update(put("codex", token(value="rotated")))
        assert not await ours.wait_for_change(since, 0.3)
        assert not waiting.done()

    assert await waiting


async def test_many_tasks_that_wait_ask_the_database_together(place: Place, proxy: Proxy) -> None:
    ours = place.through(proxy.folder).open()
    ours.read()
    since, asked = ours.version(), len(proxy.statements)

    waited = await asyncio.gather(*(ours.wait_for_change(since, 1.0) for _ in range(64)))

    assert not any(waited)
    assert len(proxy.statements) - asked < 1000  # 5 messages a question; 64 tasks that ask by themselves send 6000
