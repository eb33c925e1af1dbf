"""Whatever happens to the database: every call ends within its deadline, with an error of ours, and goes on later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from openab_auth.storage import StorageError, Store
from tests.storage.entries import put
from tests.storage.postgres.away.outages import (
    AWAY,
    READS,
    UNWRITABLE,
    WRITES,
    Outage,
    Scene,
    attempt,
    login,
)
from tests.storage.postgres.places import OPEN, Place
from tests.storage.processes import Start, line_of
from tests.support.patience import PATIENCE
from tests.support.postgres.pattern import Servers
from tests.support.postgres.proxy import Proxy
from tests.support.postgres.server import Server

LONGEST = 12.0  # seconds; the longest deadline of a call, and what a busy machine adds


@pytest.fixture
def scene(postgres_servers: Servers, server: Server) -> Iterator[Scene]:
    with Proxy(server.ground.place(), server.folder).listening() as proxy:
        yield Scene(postgres_servers, server, proxy)


@pytest.fixture
def through_proxy(scene: Scene, schema: str, tmp_path: Path) -> Place:
    place = Place.made(scene.server, schema, tmp_path / "journal").through(scene.proxy.folder)
    place.open().update(put("codex", login()))
    return place


def outcome(call: Callable[[Store], object], store: Store) -> object:
    """Return what the call returned or the error of ours that it raised; fail if it took too long."""
    before = time.monotonic()
    found = attempt(lambda: call(store))
    assert time.monotonic() - before < LONGEST
    return found


def at_once(calls: dict[str, Callable[[Store], object]], stores: Callable[[], Store]) -> dict[str, object]:
    """Make every call at the same time, each with a store of its own."""
    with ThreadPoolExecutor(len(calls)) as pool:
        found = {name: pool.submit(outcome, call, stores()) for name, call in calls.items()}
        return {name: future.result() for name, future in found.items()}


@pytest.mark.parametrize("outage", AWAY, ids=lambda outage: outage.__name__)
def test_a_process_that_has_read_reads_on_and_writes_nothing(
    outage: Outage, scene: Scene, through_proxy: Place
) -> None:
    """Ours: a valid token is served from memory while the database is down, and nothing is refreshed."""
    calls = READS | WRITES
    warm = {name: through_proxy.open(max_staleness=0.0) for name in calls}
    for store in warm.values():
        store.read()
        store.notes()
    stores = iter(warm.values())

    with outage(scene):
        found = at_once(calls, lambda: next(stores))

        assert found["read"] == {"codex": login()}
        assert found["record"] is None
        assert all(isinstance(found[name], StorageError) for name in WRITES), found
    for store in warm.values():
        store.update(put("codex", login(value="2")))
        assert store.entry("codex") == login(value="2")


@pytest.mark.parametrize("outage", AWAY, ids=lambda outage: outage.__name__)
def test_a_process_that_has_read_nothing_says_so(outage: Outage, scene: Scene, through_proxy: Place) -> None:
    with outage(scene):
        found = at_once(READS | WRITES, through_proxy.open)

        assert all(isinstance(error, StorageError) for error in found.values()), found
    assert through_proxy.open().read() == {"codex": login()}


@pytest.mark.parametrize("outage", UNWRITABLE, ids=lambda outage: outage.__name__)
def test_a_database_that_takes_no_commit_is_read_and_refreshes_nothing(
    outage: Outage, scene: Scene, through_proxy: Place
) -> None:
    warm = through_proxy.open(max_staleness=0.0)
    warm.read()
    with outage(scene):
        for opened in (through_proxy.open, lambda: warm):
            found = at_once(READS | WRITES, opened)

            assert found["read"] == {"codex": login()}
            assert all(isinstance(found[name], StorageError) for name in WRITES), found
            assert "read-only" in str(found["update"])
    warm.update(put("codex", login(value="2")))


def test_a_full_disk_refuses_commits_and_keeps_what_is_there(
    postgres_servers: Servers, schema: str, tmp_path: Path
) -> None:
    server = postgres_servers.make_on_small_disk("base").start()
    place = Place.made(server, schema, tmp_path / "journal")
    store = place.open()
    store.update(put("codex", login()))
    large = login(value="x" * 500_000)
    with server.disk_full():
        refused = outcome(lambda store: [store.update(put(f"codex{n}", large)) for n in range(20)], store)

        assert isinstance(refused, StorageError)
        assert "space" in f"{refused}"
        assert place.open().read()["codex"] == login()
    store.update(put("codex", login(value="2")))


def test_a_full_disk_of_the_journal_is_an_outage(postgres_servers: Servers, schema: str, tmp_path: Path) -> None:
    server = postgres_servers.make_on_small_disk("pg_wal").start()
    place = Place.made(server, schema, tmp_path / "journal")
    store = place.open()
    store.update(put("codex", login()))
    before = {}
    with server.disk_full():
        for number in range(20):
            before = dict(store.read())
            large = put(f"codex{number}", login(value="x" * 500_000))
            if isinstance(outcome(partial(Store.update, mutate=large), store), StorageError):
                break
        else:
            pytest.fail("the disk was never full")
        server.kill()
    server.start()

    assert dict(place.open().read()) == before
    store.update(put("codex", login(value="2")))


def test_threads_of_a_process_share_one_deadline(scene: Scene, through_proxy: Place) -> None:
    """One must not wait for another's deadline before its own begins."""
    store = through_proxy.open(max_staleness=0.0)
    store.read()
    with scene.server.frozen():
        found = at_once({str(number): READS["read"] for number in range(8)}, lambda: store)

    assert all(one == {"codex": login()} for one in found.values())


def test_a_process_ends_soon_although_it_cannot_give_its_leases_back(
    scene: Scene, through_proxy: Place, start: Start
) -> None:
    """They end by themselves; a service that is asked to end is killed after a while."""
    code = """
store = opened(sys.argv[1])
leases = [store.lease(f"lab{number}") for number in range(8)]
assert all(lease.try_acquire() for lease in leases)
print("held", flush=True)
sys.stdin.readline()
for lease in leases:
    lease.release()
print("released", flush=True)
"""
    process = start(OPEN + code, through_proxy.argument())
    assert line_of(process) == "held\n"
    with scene.proxy.silent():
        before = time.monotonic()
        _, err = process.communicate("\n", PATIENCE)

        assert process.returncode == 0, err
        assert time.monotonic() - before < LONGEST
