"""Every claim about a lock is made between real processes."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import FileStore, StorageError, StoreBusyError
from tests.storage.contract import put, token
from tests.storage.processes import Start, run, start  # noqa: F401 -- fixtures

COUNT = """
import sys
from dataclasses import replace
from storage import FileStore
store = FileStore(sys.argv[1], lock_timeout=30)
def count(draft):
    draft["codex"] = replace(draft["codex"], expires_at=draft["codex"].expires_at + 1)
for _ in range(int(sys.argv[2])):
    store.update(count)
"""
HOLD = """
import sys, time
from storage import FileStore
store = FileStore(sys.argv[1])
def hold(draft):
    print("held", flush=True)
    time.sleep(60)
store.update(hold)
"""


def test_eight_processes_lose_no_update(path: Path, start: Start) -> None:
    store = FileStore(path)
    store.update(put("codex", token(expires_at=0)))
    writers = [start(COUNT, path, 25) for _ in range(8)]
    for writer in writers:
        _, err = writer.communicate(timeout=50)
        assert writer.returncode == 0, err
    assert store.read()["codex"].expires_at == 200
    assert not list(path.parent.glob("*.tmp.*"))


def test_a_killed_holder_leaves_the_lock_free(path: Path, start: Start) -> None:
    holder = start(HOLD, path)
    assert holder.stdout.readline() == "held\n"
    store = FileStore(path, lock_timeout=0.1)
    with pytest.raises(StoreBusyError, match=r"auth\.json\.global\.lock"):
        store.update(put("codex", token()))

    holder.send_signal(signal.SIGKILL)
    holder.wait()
    store.update(put("codex", token()))
    assert list(store.read()) == ["codex"]


@pytest.mark.parametrize("name", ["auth.json.global.lock", "auth.json.refresh.codex.lock"])
def test_the_flock_command_excludes_us_and_we_exclude_it(path: Path, name: str) -> None:
    store = FileStore(path, lock_timeout=0.1)
    lock = store.refresh_lock("codex")
    path.parent.mkdir()
    sidecar = path.with_name(name)

    def blocked() -> bool:
        if "refresh" in name:
            free = lock.try_acquire()
            lock.release()
            return not free
        try:
            store.update(put("codex", token(value=str(time.time()))))
        except StoreBusyError:
            return True
        return False

    foreign = subprocess.Popen(
        ["/usr/bin/env", "flock", "--exclusive", sidecar, "sh", "-c", "echo held; read line"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert foreign.stdout.readline() == "held\n"
    assert blocked()
    foreign.communicate("\n")
    assert not blocked()

    def flock_says(draft: object = None) -> int:
        return subprocess.run(["/usr/bin/env", "flock", "--nonblock", sidecar, "true"], check=False).returncode

    if "refresh" in name:
        assert lock.try_acquire()
        assert flock_says() == 1
        lock.release()
    else:
        assert store.update(flock_says) == 1
    assert flock_says() == 0


def test_a_raw_flock_excludes_us_and_we_exclude_it(path: Path) -> None:
    store = FileStore(path, lock_timeout=0.05)
    store.update(put("codex", token()))
    descriptor = os.open(path.with_name("auth.json.global.lock"), os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(StoreBusyError):
            store.update(put("a", token("a")))
        fcntl.flock(descriptor, fcntl.LOCK_UN)

        def try_raw(_draft: object) -> bool:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

        assert store.update(try_raw)
    finally:
        os.close(descriptor)


def test_sidecars_are_never_deleted_nor_changed(path: Path) -> None:
    store = FileStore(path)
    path.parent.mkdir()
    for name in ("auth.json.global.lock", "auth.json.refresh.codex.lock"):
        path.with_name(name).write_text("foreign")
    inodes = {found.name: found.stat().st_ino for found in path.parent.iterdir()}
    store.update(put("codex", token()))
    lock = store.refresh_lock("codex")
    assert lock.try_acquire()
    lock.release()
    del lock
    for name, inode in inodes.items():
        assert path.with_name(name).stat().st_ino == inode
        assert path.with_name(name).read_text() == "foreign"


@pytest.mark.parametrize(
    "make", [Path.mkdir, os.mkfifo, lambda at: at.symlink_to("/dev/null")], ids=["dir", "fifo", "link"]
)
def test_what_is_no_lock_file_in_a_sidecars_place_is_an_error_that_names_it(
    path: Path, make: Callable[[Path], None]
) -> None:
    store = FileStore(path, lock_timeout=1)
    path.parent.mkdir()
    for name in ("auth.json.global.lock", "auth.json.refresh.codex.lock"):
        make(path.with_name(name))

    for attempt in (lambda: store.update(put("codex", token())), store.check_writable):
        with pytest.raises(StorageError, match=r"auth\.json\.global\.lock"):
            attempt()
    with pytest.raises(StorageError, match=r"auth\.json\.refresh\.codex\.lock"):
        store.refresh_lock("codex").try_acquire()
    assert not path.exists()


def test_who_gives_up_again_and_again_leaves_one_thread_in_the_queue_which_the_next_one_uses(path: Path) -> None:
    store = FileStore(path, lock_timeout=0.03)
    store.update(put("codex", token()))
    descriptor = os.open(path.with_name("auth.json.global.lock"), os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    for _ in range(4):
        with pytest.raises(StoreBusyError):
            store.update(put("given-up", token("given-up")))
    waiting = [thread for thread in threading.enumerate() if thread.name == "openab-auth-lock"]
    assert len(waiting) == 1

    patient = threading.Timer(0.05, os.close, [descriptor])
    patient.start()
    FileStore(path).update(put("a", token("a")))
    patient.join()
    waiting[0].join(5)
    assert not waiting[0].is_alive()
    store.update(put("b", token("b")))
    assert list(store.read()) == ["codex", "a", "b"]


def test_what_a_mutation_raises_after_a_wait_comes_out_as_it_is(path: Path) -> None:
    store = FileStore(path)
    store.update(put("codex", token()))
    descriptor = os.open(path.with_name("auth.json.global.lock"), os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    release = threading.Timer(0.05, os.close, [descriptor])
    release.start()
    with pytest.raises(KeyError):
        store.update(lambda draft: draft["nobody"])
    release.join()
    assert store.update(list) == ["codex"]


def test_a_lock_on_a_folder_that_was_removed_and_made_anew_is_taken_on_the_new_one(path: Path) -> None:
    store = FileStore(path)
    store.update(put("codex", token()))
    descriptor = os.open(path.with_name("auth.json.global.lock"), os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)

    def replace_folder() -> None:
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        os.close(descriptor)

    timer = threading.Timer(0.05, replace_folder)
    timer.start()
    store.update(put("a", token("a")))
    timer.join()
    assert list(store.read()) == ["a"]
    assert path.with_name("auth.json.global.lock").exists()


def test_an_update_inside_an_update_ends_with_an_error(path: Path) -> None:
    store = FileStore(path, lock_timeout=0.1)
    with pytest.raises(StoreBusyError):
        store.update(lambda _draft: store.update(put("codex", token())))
    store.update(put("codex", token()))


def test_reading_needs_neither_filelock_nor_asyncio(path: Path, run: Callable[..., str]) -> None:
    FileStore(path).update(put("codex", token()))
    code = (
        "import sys; from storage import open_store; list(open_store(sys.argv[1]).read());"
        "print({'filelock', 'asyncio', 'logging'} & set(sys.modules))"
    )
    assert run(code, path) == "set()"
