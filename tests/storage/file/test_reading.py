"""A read takes no lock, sees every commit at once and as a whole, and parses nothing twice."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from openab_auth.storage import (
    FileStore,
    Mutation,
    Note,
    PendingEntry,
    Secret,
    StoreUnreadableError,
    open_reader,
    open_store,
)
from tests.storage.entries import put, token, token_in
from tests.storage.processes import Start, line_of
from tests.support.clock import Clock
from tests.support.patience import PATIENCE


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path, clock=Clock(), lock_timeout=2)


def test_reading_creates_nothing(store: FileStore) -> None:
    assert dict(store.read()) == {}
    store.notes()
    store.clients()
    store.problems()
    assert not store.path.parent.exists()


def test_what_was_written_is_read_by_another_store(store: FileStore) -> None:
    store.update(put("codex", token()))
    assert dict(open_store(store.path).read()) == {"codex": token()}


def test_the_reading_half_reads_what_the_store_reads_and_can_write_nothing(store: FileStore) -> None:
    reader = open_reader(store.path)
    assert dict(reader.read()) == {}

    store.update(put("codex", token(value="old")))
    store.update(lambda draft: draft.notes.update(codex=Note(account="ada@example.com")))
    lease = store.lease("codex")
    assert lease.try_acquire()
    store.spill("codex", token(value="new"), token(value="old"))
    lease.release()
    (store.path.parent / "auth.json.corrupt-1").write_text("{")

    assert dict(reader.read()) == dict(store.read()) == {"codex": token(value="new")}
    assert dict(reader.notes()) == dict(store.notes())
    assert reader.problems() == store.problems() != ()
    assert not {"update", "update_all", "spill", "lease", "check_writable"} & {*dir(reader)}


def test_the_reading_half_refuses_an_address(path: Path) -> None:
    with pytest.raises(StoreUnreadableError, match="only a file"):
        open_reader("mysql://somebody:secret@host/db")


def test_an_update_that_changes_nothing_writes_nothing(store: FileStore) -> None:
    store.update(put("codex", token()))
    before, version = store.path.stat(), store.version()
    store.update(put("codex", token()))
    store.update(lambda _draft: None)
    assert store.path.stat().st_ino == before.st_ino
    assert store.version() == version


def test_another_processes_commit_is_seen_at_once(store: FileStore) -> None:
    other = FileStore(store.path)
    for number in range(50):
        store.update(put("codex", token(value=f"{number:02}")))
        assert other.read()["codex"] == token(value=f"{number:02}")


def test_a_write_in_place_and_of_the_same_size_is_seen_at_once(store: FileStore) -> None:
    store.update(put("codex", token(value="at0")))
    for n in range(1, 50):
        store.path.write_text(store.path.read_text().replace(f"at{(n - 1) % 10}", f"at{n % 10}"))
        assert store.read()["codex"] == token(value=f"at{n % 10}")


def test_a_settled_file_is_read_once(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.update(put("codex", token()))
    os.utime(store.path, (time.time() - 10, time.time() - 10))
    first = store.read()
    monkeypatch.setattr(os, "open", None)

    assert dict(store.read()) == dict(first)
    assert store.read()["codex"] is first["codex"]
    assert store.peek() is not None


@pytest.mark.parametrize("jump", [-(10**6), 4 * 3600, 10**9])
def test_a_file_from_another_time_hides_no_later_commit(store: FileStore, jump: int) -> None:
    """Case 13, for the file itself: the clock was changed, or the home folder was copied."""
    store.update(put("codex", token(value="at0")))
    reader = FileStore(store.path)
    for number in range(1, 5):
        os.utime(store.path, (time.time() + jump, time.time() + jump))
        assert reader.read()["codex"] == token(value=f"at{number - 1}")
        store.update(put("codex", token(value=f"at{number}")))
        assert reader.read()["codex"] == token(value=f"at{number}")


def test_a_clock_that_jumps_costs_no_login_and_no_fresh_pending_one(path: Path) -> None:
    clock = Clock()
    store = FileStore(path, clock=clock)
    fresh = PendingEntry(Secret("v"), Secret("s"), "https://as.example/token", "codex", created_at=int(clock.now))
    store.update(lambda draft: draft.update({"codex": token(), "pending:codex:1": fresh}))
    start = clock.now
    for jump in (600, -600, 0):
        clock.now = start + jump
        store.update(put("other", token("other", str(jump))))
        assert list(store.read()) == ["codex", "pending:codex:1", "other"]
    clock.now = start - 10**8
    store.update(put("other", token("other", "long ago")))
    assert list(store.read()) == ["codex", "other"]


def test_ten_thousand_entries_are_read_and_written(store: FileStore) -> None:
    store.update(lambda draft: draft.update({f"t{n}": token(f"t{n}") for n in range(10_000)}))
    store.update(put("codex", token()))
    assert len(FileStore(store.path).read()) == 10_001


def test_stores_of_one_process_see_only_whole_states_while_another_writes(store: FileStore) -> None:
    store.update_all([put("a", token("a", "0")), put("b", token("b", "0"))])
    stop, torn = threading.Event(), []

    def both(value: str) -> Mutation[None]:
        return lambda draft: draft.update(a=token("a", value), b=token("b", value))

    def watch() -> None:
        reader = FileStore(store.path)
        while not stop.is_set():
            entries = reader.read()
            if token_in(entries, "a").access_token != token_in(entries, "b").access_token:
                torn.append(entries)

    thread = threading.Thread(target=watch)
    thread.start()
    for n in range(50):
        store.update(both(str(n)))
    stop.set()
    thread.join()
    assert torn == []


PARSE_WITHOUT_PAUSE = """
import json, sys
from pathlib import Path
path, until, counts, torn = Path(sys.argv[1]), Path(sys.argv[2]), [], 0
print("reading", flush=True)
while not until.exists():
    try:
        counts.append(len(json.loads(path.read_bytes())))
    except ValueError:
        torn += 1
print(json.dumps({"torn": torn, "reads": len(counts), "backwards": counts != sorted(counts)}))
"""
WRITE = """
import sys
from openab_auth.storage import NEVER, FileStore, Secret, TokenEntry
store = FileStore(sys.argv[1], lock_timeout=60)
for number in range(int(sys.argv[3])):
    key = f"{sys.argv[2]}-{number}"
    entry = TokenEntry(Secret("a" * (number % 7) * 40), Secret("r"), NEVER, "t", key)
    store.update(lambda draft: draft.update({key: entry, "shared": entry}))
"""


def test_readers_without_a_lock_see_no_torn_file_while_eight_write(store: FileStore, start: Start) -> None:
    """Cases 2 and 7: longer and shorter entries alternate, and nothing is lost."""
    store.update(put("shared", token("shared")))
    done = store.path.with_name("done")
    readers = [start(PARSE_WITHOUT_PAUSE, store.path, done) for _ in range(2)]
    for reader in readers:
        assert line_of(reader) == "reading\n"
    writers = [start(WRITE, store.path, name, 15) for name in range(8)]
    for writer in writers:
        _, err = writer.communicate(timeout=PATIENCE)
        assert writer.returncode == 0, err
    done.touch()
    told = [json.loads(reader.communicate(timeout=PATIENCE)[0]) for reader in readers]

    assert [(one["torn"], one["backwards"]) for one in told] == [(0, False)] * 2
    assert min(one["reads"] for one in told) > 50
    assert len(store.read()) == 8 * 15 + 1
    assert store.problems() == ()
    assert not list(store.path.parent.glob("*.tmp.*"))


def test_open_store_finds_the_home_folder_and_refuses_other_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    store = open_store("~/.openab/agent/auth.json")
    assert isinstance(store, FileStore)
    assert store.path == Path("/somewhere/.openab/agent/auth.json")
    with pytest.raises(StoreUnreadableError) as caught:
        open_store("mysql://me:CANARY@host/db")
    assert "CANARY" not in str(caught.value)
