"""The store on an event loop: group commit, warm reads, cancellation."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import openab_auth.storage
from openab_auth.storage import AsyncStore, Draft, FileStore, MemoryStore, StorageError, Store, StoreUnwritableError
from tests.storage.entries import put, token
from tests.support.patience import PATIENCE


class Counting(FileStore):
    """Count the commits; a test can delay a commit or let it fail."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.commits: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None

    def update_all(self, mutations: Sequence[Any]) -> list[Any]:
        self.commits.append(len(mutations))
        self.gate.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        return super().update_all(mutations)


@pytest.fixture
def store(path: Path) -> Counting:
    return Counting(path)


async def under_way(store: Counting) -> None:
    while not store.commits:
        await asyncio.sleep(0.001)


async def test_500_updates_go_into_few_commits_and_none_is_lost(store: Counting) -> None:
    face = AsyncStore(store)
    values = await asyncio.gather(*(face.update(put(f"t{n}", token(f"t{n}"))) for n in range(500)))

    assert values == [f"t{n}" for n in range(500)]
    assert len(await face.read()) == 500
    assert len(store.commits) <= 3


async def test_what_is_asked_for_during_a_commit_goes_together_into_the_next(store: Counting) -> None:
    face = AsyncStore(store)
    store.gate.clear()
    first = asyncio.create_task(face.update(put("a", token("a"))))
    await under_way(store)
    others = [asyncio.create_task(face.update(put(f"b{n}", token(f"b{n}")))) for n in range(9)]
    await asyncio.sleep(0)
    store.gate.set()
    await asyncio.gather(first, *others)
    assert store.commits == [1, 9]


async def test_a_raising_mutation_is_dropped_alone(store: Counting) -> None:
    face = AsyncStore(store)

    def spoil(draft: Draft) -> None:
        draft["a"] = token("a", "spoilt")
        draft["spoilt"] = token("spoilt")
        raise ZeroDivisionError

    bad = [
        lambda draft: draft["nobody"],
        lambda _draft: next(iter(())),
        put("../x", token()),
        spoil,
        put("wrong", token(expires_at=-1)),
    ]
    outcomes = await asyncio.gather(
        face.update(put("a", token("a"))),
        *map(face.update, bad),
        face.update(put("b", token("b"))),
        return_exceptions=True,
    )
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "str",
        "KeyError",
        "RuntimeError",
        "InvalidTenantError",
        "ZeroDivisionError",
        "InvalidEntryError",
        "str",
    ]
    assert dict(await face.read()) == {"a": token("a"), "b": token("b")}


async def test_a_cancelled_caller_neither_loses_its_mutation_nor_disturbs_others(store: Counting) -> None:
    face = AsyncStore(store)
    store.gate.clear()
    tasks = [asyncio.create_task(face.update(put(name, token(name)))) for name in ("a", "b")]
    await under_way(store)
    tasks += [asyncio.create_task(face.update(put(name, token(name)))) for name in ("c", "d")]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[2].cancel()
    await asyncio.wait([tasks[0], tasks[2]])
    store.gate.set()

    assert await tasks[1] == "b"
    assert await tasks[3] == "d"
    assert list(await face.read()) == ["a", "b", "c", "d"]


async def test_an_error_reaches_everyone_of_that_commit_and_the_next_one_works(store: Counting) -> None:
    face = AsyncStore(store)
    store.error = StoreUnwritableError(store.path, "full")
    outcomes = await asyncio.gather(*(face.update(put("a", token("a"))) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(outcome, StorageError) for outcome in outcomes)
    store.error = None
    assert await face.update(put("a", token("a"))) == "a"


async def test_closing_waits_for_the_commits_under_way(store: Counting) -> None:
    face = AsyncStore(store)
    store.gate.clear()
    task = asyncio.create_task(face.update(put("a", token("a"))))
    await under_way(store)
    closing = asyncio.create_task(face.aclose())
    await asyncio.sleep(0.01)
    assert not closing.done()
    store.gate.set()
    await closing
    assert await task == "a"
    await face.aclose()


async def test_the_loop_goes_on_while_a_commit_waits(store: Counting) -> None:
    face = AsyncStore(store)
    store.gate.clear()
    task = asyncio.create_task(face.update(put("a", token("a"))))
    await under_way(store)
    assert dict(await face.read()) == {}
    assert not task.done()
    store.gate.set()
    await task


async def test_a_change_by_another_is_noticed_and_none_is_told_after_the_timeout(store: Counting) -> None:
    face = AsyncStore(store)
    since = face.version()
    assert not await face.wait_for_change(since, 0.02)
    waiting = asyncio.create_task(face.wait_for_change(since, 5))
    await asyncio.to_thread(FileStore(store.path).update, put("a", token("a")))
    assert await waiting
    assert await face.wait_for_change(since, 0)
    assert "a" in await face.read()


@pytest.mark.parametrize("make", [FileStore, lambda _path: MemoryStore()], ids=["file", "memory"])
async def test_both_faces_of_every_backend_behave_alike(make: Callable[[Path], Store], path: Path) -> None:
    store = make(path)
    face = AsyncStore(store)
    await face.update(put("a", token("a")))
    store.update(put("b", token("b")))
    await face.check_writable()
    await face.spill("b", token("b", "renewed"), token("b"))

    assert dict(await face.read()) == dict(store.read()) == {"a": token("a"), "b": token("b", "renewed")}
    assert await face.notes() == store.notes()
    assert await face.clients() == store.clients()
    assert await face.problems() == store.problems()
    assert face.version() == store.version()
    with pytest.raises(KeyError):
        await face.update(lambda draft: draft.pop("nobody"))
    with pytest.raises(KeyError):
        store.update(lambda draft: draft.pop("nobody"))
    lock = face.lease("a")
    assert lock.try_acquire()
    assert not store.lease("a").try_acquire()
    lock.release()
    assert store.lease("a").try_acquire()


def test_every_exported_name_is_there() -> None:
    assert all(hasattr(openab_auth.storage, name) for name in openab_auth.storage.__all__)
    assert sorted(openab_auth.storage.__all__) == sorted(set(openab_auth.storage.__all__))
    with pytest.raises(AttributeError):
        _ = openab_auth.storage.nothing  # type: ignore[attr-defined]  # the error is the point
