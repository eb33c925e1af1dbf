"""Ten thousand pending logins delay no keystroke, and their number is limited."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.entries import indexed_store, pending_entry
from openab_auth.oauth.entries.entry_index import EntryIndex, build_index
from openab_auth.oauth.entries.indexed_store import IndexedStore
from openab_auth.oauth.errors import TooManyLoginsError, TooManyWaitError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, Secret, UserId
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import PENDING_LIFETIME, Entry, PendingEntry, pending_key
from openab_auth.storage.records.notes import Begun

NOW = 1_700_000_000
ADA = UserId(1)


def waiting(vendor: str, state: str, created_at: int = NOW) -> PendingEntry:
    return PendingEntry(Secret("v" * 43), Secret(state), "https://vendor.example/token", vendor, created_at=created_at)


def fill(draft: Draft, people: int, created_at: int = NOW) -> None:
    for user in range(100, 100 + people):
        draft[pending_key("lab", UserId(user))] = waiting("lab", f"state-{user}", created_at)


@pytest.fixture
def file_store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "auth.json", clock=lambda: NOW)


async def test_equal_entries_are_sorted_once_and_others_anew(file_store: FileStore) -> None:
    store = AsyncStore(file_store)
    await store.update(lambda draft: fill(draft, 300))
    indexed = IndexedStore(store)
    first = await indexed.read()
    assert await indexed.read() is first
    assert [login.user for login, _ in first.of(UserId(150), NOW)] == [150]
    assert first.of(UserId(150), NOW + PENDING_LIFETIME) == []
    assert len(first.all(NOW)) == 300

    await store.update(lambda draft: draft.pop(pending_key("lab", UserId(150))))
    second = await indexed.read()
    assert second is not first
    assert second.of(UserId(150), NOW) == []


async def test_who_types_at_once_reads_once(file_store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store = AsyncStore(file_store)
    await store.update(lambda draft: fill(draft, 300))
    read = 0

    def counted(entries: Mapping[str, Entry], last: EntryIndex | None) -> EntryIndex:
        nonlocal read
        read += 1
        return build_index(entries, last)

    monkeypatch.setattr(indexed_store, "build_index", counted)
    driver = Driver()
    logins = Logins(Catalogue.shipped({}), store, driver, clock=lambda: NOW)
    await asyncio.gather(*(logins.states.all() for _ in range(200)))
    assert read == 1
    await logins.aclose()
    await driver.aclose()


def test_all_people_together_have_a_bounded_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_entry, "MOST_PENDING", 20)
    clock = SimpleNamespace(now=NOW)
    store = FileStore(tmp_path / "auth.json", clock=lambda: clock.now)
    store.update(lambda draft: fill(draft, 20))

    def begin(user: UserId, vendor: str = "lab") -> None:
        entry = waiting(vendor, "new", clock.now)
        store.update(lambda draft: pending_entry.begin(draft, user, entry, Begun(), limit=2, now=clock.now))

    with pytest.raises(TooManyWaitError, match="try again in 15 minutes"):
        begin(ADA)
    begin(UserId(100))  # instead of the person's own
    with pytest.raises(TooManyWaitError):
        begin(UserId(100), "other")

    clock.now += PENDING_LIFETIME + 1  # the others are over
    begin(ADA)
    begin(ADA, "other")
    with pytest.raises(TooManyLoginsError):
        begin(ADA, "third")
    assert len(store.read()) == 2
