"""The records beside the credential file are parsed once for each version of their file, whoever changes it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from openab_auth.storage import AddedServer, Draft, FileStore, StoreUnreadableError, UserId
from openab_auth.storage.file.record_files import RecordFile

ADD = """
import sys
from openab_auth.storage import AddedServer, FileStore
server = AddedServer("https://mcp.example/mcp", int(sys.argv[3]), 1)
FileStore(sys.argv[1]).update(lambda draft: draft.servers.__setitem__(sys.argv[2], server))
"""


@pytest.fixture
def settled(store: FileStore) -> FileStore:
    """Make a store with one server, whose file is older than a tick of the file system's clock."""
    store.update(partial(put, 1))
    time.sleep(0.03)
    return store


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the kinds whose files were read."""
    found: list[str] = []
    load = RecordFile.load

    def counted(self: RecordFile[object], path: Path) -> dict[str, object]:
        found.append(self.kind.name)
        return load(self, path)

    monkeypatch.setattr(RecordFile, "load", counted)
    return found


def put(number: int, draft: Draft) -> None:
    draft.servers["one"] = server(number)


def server(number: int = 1) -> AddedServer:
    return AddedServer("https://mcp.example/mcp", UserId(number), 1)


def test_an_unchanged_file_is_read_once(settled: FileStore, reads: list[str]) -> None:
    first = settled.servers()

    assert dict(settled.servers()) == {"one": server()}
    assert settled.servers() is first
    assert reads == ["servers"]


def test_another_processes_change_is_seen_at_once(settled: FileStore, run: Callable[..., str]) -> None:
    assert [*settled.servers()] == ["one"]

    run(ADD, settled.path, "two", 7)

    assert dict(settled.servers()) == {"one": server(), "two": server(7)}


def test_changes_within_one_tick_are_seen(settled: FileStore) -> None:
    other = FileStore(settled.path)
    for number in range(10, 60):  # of equal length, so that the size does not tell them apart
        other.update(partial(put, number))
        assert settled.servers()["one"] == server(number)


def test_a_write_in_place_with_the_same_size_and_time_is_seen(settled: FileStore) -> None:
    place = settled.path.with_name("auth.json.servers")
    assert settled.servers()["one"] == server(1)
    before = place.stat()

    place.write_text(json.dumps(json.loads(place.read_text()), indent=2).replace('"added_by": 1', '"added_by": 2'))
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert place.stat().st_size == before.st_size
    assert settled.servers()["one"] == server(2)


def test_a_lost_file_has_no_records_and_a_link_is_refused(settled: FileStore) -> None:
    place = settled.path.with_name("auth.json.servers")
    assert [*settled.servers()] == ["one"]

    place.rename(place.with_name("elsewhere"))
    assert dict(settled.servers()) == {}
    place.symlink_to("elsewhere")
    with pytest.raises(StoreUnreadableError):
        settled.servers()
