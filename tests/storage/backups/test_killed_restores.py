"""A restore that is killed before any system call, or finds a full disk, leaves the old store or the restored one."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from openab_auth.storage import Draft, FileStore, StorageError
from openab_auth.storage.backups.errors import RestoreUnfinishedError
from openab_auth.storage.errors import StoreUnwritableError
from tests.storage.backups.grounds import Ground
from tests.storage.copying.stores import Interrupter, Interruption, fill
from tests.storage.disks import filled
from tests.storage.entries import put, token
from tests.storage.processes import Start, line_of
from tests.support.postgres.server import Server
from tests.support.postgres.stores import make_store, settings_of

KILLED_AT_EVERY_CALL = """
import fcntl, json, os, shutil, signal, sys
from pathlib import Path
import filelock
from openab_auth.storage import FileStore, Note, SeenThread, Draft, UserId, THREADS, SERVERS, AddedServer
from openab_auth.storage.backups import restoring, taking
from openab_auth.storage.copying import adopt_file
from openab_auth.storage.file import restored
from openab_auth.storage.format import codec
from tests.storage.entries import put, token

CALLS = "write fsync replace unlink fchmod".split()


def die_at(number):
    count = 0

    def counted(real):
        def call(*args, **kwargs):
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return call

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))
    fcntl.flock = counted(fcntl.flock)


def fill(store, value, parent):
    def write(draft):
        draft["codex"] = token(value=value)
        draft["codex@" + value] = token("codex@" + value, value + "2")
        draft.notes["codex"] = Note(value, generation=value)
        draft.records(THREADS)["thread:7"] = SeenThread(1, 2, parent, UserId(4))
        draft.records(SERVERS)[value] = AddedServer("https://mcp.example/mcp", UserId(7), 1)

    store.update(write)


def seen(path):
    store = FileStore(path)
    return {
        "logins": {key: entry.access_token.reveal() for key, entry in store.read().items()},
        "posted": sorted(entry.refresh_token.reveal() for entry in store.read().values() if entry.refresh_token),
        "notes": {key: note.account for key, note in store.notes().items()},
        "servers": sorted(store.servers()),
        "parent": store.threads()["thread:7"].parent,
    }


root = Path(sys.argv[1])
then = FileStore(root / "then/auth.json")
fill(then, "then", 1)
taking.back_up_file(then, root / "backup", version="0", clock=lambda: 1.0)
results = []
number = 0
while True:
    number += 1
    path = root / str(number) / "auth.json"
    fill(FileStore(path), "now", 2)
    os.utime(path, (1, 1))
    child = os.fork()
    if child == 0:
        die_at(number)
        restoring.restore_file(FileStore(path), root / "backup", replace=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    result = {"killed": os.WIFSIGNALED(status), "first": seen(path)}
    began = restored.find(path) is not None
    if number % 2:  # the operator runs it again, or any process changes the store
        restoring.restore_file(FileStore(path), root / "backup", replace=True)
    else:
        FileStore(path).update(len)
    result |= {"began": began, "second": seen(path), "again": bool(number % 2)}
    adopt_file(FileStore(path))
    result |= {
        "adopted": seen(path),
        "left": sorted(one.name for one in path.parent.iterdir() if ".lock" not in one.name),
        "modes": sorted({found.stat().st_mode & 0o777 for found in path.parent.iterdir()}),
    }
    results.append(result)
    shutil.rmtree(path.parent)
    if not result["killed"]:
        break
print(json.dumps(results))
"""
OLD = {"codex": "now", "codex@now": "now2"}
NEW = {"codex": "then", "codex@then": "then2"}


def test_a_killed_restore_leaves_the_old_or_the_new_store(tmp_path: Path, start: Start) -> None:
    results: list[dict[str, Any]] = json.loads(line_of(start(KILLED_AT_EVERY_CALL, str(tmp_path))))

    assert len(results) > 30
    assert {"was", "is"} == {"is" if result["began"] else "was" for result in results}
    for number, result in enumerate(results, start=1):
        first, second = result["first"], result["second"]
        assert (first["logins"], first["posted"]) in ((OLD, ["rt-now", "rt-now2"]), (NEW, [])), number
        is_restored = result["began"] or result["again"] or first["logins"] == NEW
        assert second["logins"] == (NEW if is_restored else OLD), number
        if is_restored:
            assert second["posted"] == []
            assert (second["notes"]["codex"], second["servers"], second["parent"]) == ("then", ["then"], 1), number
            assert result["adopted"]["posted"] == ["rt-then", "rt-then2"]
        else:
            assert second == first
        assert result["modes"] == [0o600], number
        assert "auth.json.restored" not in result["left"]
        assert not any(".tmp." in name for name in result["left"])


def test_a_full_disk_is_noticed_before_anything_changes(tmp_path: Path, disk: Path) -> None:
    ground = Ground(FileStore(disk / "auth.json"), tmp_path)
    fill(ground.store, int(time.time()))
    path = ground.back_up()
    ground.store.update(put("codex", token(value="now")))
    before, files = ground.contents(), {one.name: one.read_bytes() for one in disk.iterdir()}

    with filled(disk, leave=8192), pytest.raises(StoreUnwritableError):
        ground.restore(path)

    assert {one.name: one.read_bytes() for one in disk.iterdir()} == files
    assert ground.contents() == before
    assert "codex" in ground.restore(path).waiting


def test_a_disk_that_fills_meanwhile_is_finished_later(in_file: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(in_file.store, int(time.time()))
    path = in_file.back_up()
    in_file.store.update(lambda draft: draft.clear())
    real, writes = os.write, [0]

    def write(descriptor: int, data: bytes) -> int:
        writes[0] += 1
        if writes[0] >= limit:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, data)

    for limit in range(1, 40):
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", write)
            writes[0] = 0
            try:
                in_file.restore(path)
                break
            except StorageError as error:
                begun = isinstance(error, RestoreUnfinishedError)
        assert begun == (not in_file.is_open()), limit
        assert in_file.posted() == set(), limit
        assert in_file.store.read() == {} or len(in_file.store.read()) == 4
        in_file.store.update(len)
        assert len(in_file.store.read()) == (4 if begun else 0), limit
        in_file.adopt()
        in_file.lose()
    else:
        pytest.fail("the restore never came to its end")


def only_now(draft: Draft) -> None:
    draft.clear()
    draft["codex"] = token(value="of now")


def test_an_interrupted_restore_of_a_database_stays_closed(postgres: Server, schema: str, tmp_path: Path) -> None:
    place = tmp_path / "journal"
    settings = settings_of(postgres.url("rows"), schema, place, max_staleness=0.0)
    ground = Ground(make_store(postgres, schema, place, max_staleness=0.0), tmp_path, settings)
    then = fill(ground.store, int(time.time()))
    path = ground.back_up()
    counter = Interrupter(at=0)
    with counter.active():
        ground.restore(path)

    for at in range(1, counter.steps + 1):
        ground.adopt()
        ground.store.update(only_now)
        with Interrupter(at).active(), contextlib.suppress(Interruption):
            ground.restore(path)

        entries = ground.store.read()
        assert len(entries) in {1, len(then.entries) - 1}, at
        assert ground.posted() in (set(), {"rt-of now"}), at
        if len(entries) > 1:
            assert not ground.is_open()
        ground.restore(path)
        assert not ground.is_open()
        ground.adopt()
        assert "rt-work" in ground.posted()
    ground.close()
