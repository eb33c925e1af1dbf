"""The store on an event loop: group commit, warm reads, cancellation."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from storage import AsyncStore, FileStore, MemoryStore, Store, StoreUnwritableError, TokenEntry
from storage.draft import Draft
from storage.store import Done, Failed, Mutation

Make = Callable[..., TokenEntry]


class CountingStore(FileStore):
    """Counts its commits; `refuse` makes each of them fail."""

    commits = 0
    refuse = False

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        self.commits += 1
        if self.refuse:
            raise StoreUnwritableError(self.path, "the disk is full")
        return super().update_all(mutations)


@pytest.fixture
def counting(path: Path) -> CountingStore:
    return CountingStore(path)


async def test_five_hundred_concurrent_updates_share_few_commits(counting: CountingStore, token: Make) -> None:
    store = AsyncStore(counting)

    async def put(number: int) -> int:
        await store.update(lambda entries: entries.__setitem__(f"t{number}", token()))
        return number

    assert await asyncio.gather(*map(put, range(500))) == list(range(500))
    assert len(await store.read()) == 500
    assert counting.commits <= 3


async def test_an_update_that_raises_is_dropped_alone(counting: CountingStore, token: Make) -> None:
    store = AsyncStore(counting)

    def spoil(entries: Draft) -> None:
        entries["spoilt"] = token()
        entries["t1"] = token(access="spoilt")
        raise ZeroDivisionError

    outcomes = await asyncio.gather(
        store.update(lambda entries: entries.__setitem__("t1", token())),
        store.update(spoil),
        store.update(lambda entries: entries.__setitem__("wrong", token(expires_at=-1))),
        store.update(lambda entries: entries.__setitem__("t2", token())),
        return_exceptions=True,
    )

    assert [type(outcome).__name__ for outcome in outcomes] == [
        "NoneType",
        "ZeroDivisionError",
        "InvalidEntryError",
        "NoneType",
    ]
    assert dict(await store.read()) == {"t1": token(), "t2": token()}


async def test_a_commit_that_fails_fails_for_everybody_who_asked_for_it(counting: CountingStore) -> None:
    store = AsyncStore(counting)
    counting.refuse = True

    outcomes = await asyncio.gather(*(store.update(lambda entries: None) for _ in range(5)), return_exceptions=True)

    assert all(isinstance(outcome, StoreUnwritableError) for outcome in outcomes)
    counting.refuse = False
    await store.update(lambda entries: None)


async def test_a_cancelled_caller_loses_neither_its_update_nor_anybody_elses(
    counting: CountingStore, token: Make
) -> None:
    store = AsyncStore(counting)
    tasks = [
        asyncio.create_task(store.update(lambda entries, n=n: entries.__setitem__(f"t{n}", token()))) for n in range(4)
    ]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.wait(tasks)
    await store.aclose()

    assert set(await store.read()) == {"t0", "t1", "t2", "t3"}


async def test_a_change_by_somebody_else_is_noticed(path: Path, token: Make) -> None:
    store = AsyncStore(FileStore(path))
    before = store.version()

    assert not await store.changed(before, 0.02)
    waiting = asyncio.create_task(store.changed(before, 5))
    await asyncio.to_thread(FileStore(path).update, lambda entries: entries.__setitem__("codex", token()))

    assert await waiting
    assert "codex" in await store.read()


@pytest.mark.parametrize("make", [MemoryStore, FileStore])
async def test_both_faces_and_both_backends_behave_alike(make: type, tmp_path: Path, token: Make) -> None:
    backend: Store = make(tmp_path / "auth.json") if make is FileStore else make()
    store = AsyncStore(backend)

    await store.update(lambda entries: entries.__setitem__("codex", token()))
    backend.update(lambda entries: entries.__setitem__("other", token()))

    assert dict(await store.read()) == dict(backend.read()) == {"codex": token(), "other": token()}
    with pytest.raises(KeyError):
        await store.update(lambda entries: entries.pop("nobody"))
    with pytest.raises(KeyError):
        backend.update(lambda entries: entries.pop("nobody"))
    lock = store.refresh_lock("codex")
    assert lock.try_acquire()
    assert not store.refresh_lock("codex").try_acquire()
    lock.release()
    assert store.refresh_lock("codex").try_acquire()
    await store.check_writable()
    assert await store.problems() == ()
