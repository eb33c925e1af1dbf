"""Other programs that use flock(2) on our lock files, and other files in the place of a lock file."""

from __future__ import annotations

import fcntl
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, StorageError
from tests.storage.entries import put, token
from tests.storage.file.locks.held_locks import BOTH, GLOBAL, HOLD, TENANT, held, keeps_us_out
from tests.storage.processes import Start
from tests.support.patience import PATIENCE


@contextmanager
def ours(store: FileStore, name: str) -> Iterator[None]:
    """Hold this lock in a thread of this process."""
    if name == TENANT:
        lock = store.lease("codex")
        assert lock.try_acquire()
        yield
        lock.release()
        return
    begun, end = threading.Event(), threading.Event()

    def hold(_draft: object) -> None:
        begun.set()
        end.wait(PATIENCE)

    thread = threading.Thread(target=store.update, args=[hold])
    thread.start()
    assert begun.wait(PATIENCE)
    yield
    end.set()
    thread.join()


@BOTH
def test_the_flock_command_excludes_us_and_we_exclude_it(store: FileStore, path: Path, name: str) -> None:
    sidecar = path.with_name(name)

    def flock_says() -> int:
        return subprocess.run(["/usr/bin/env", "flock", "--nonblock", sidecar, "true"], check=False).returncode

    foreign = subprocess.Popen(
        ["/usr/bin/env", "flock", "--exclusive", sidecar, "sh", "-c", "echo held; read line"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    held(foreign)
    assert keeps_us_out(store, name)
    foreign.communicate("\n")
    assert not keeps_us_out(store, name)

    with ours(store, name):
        assert flock_says() == 1
    assert flock_says() == 0


@BOTH
def test_a_raw_flock_excludes_us_and_we_exclude_it(store: FileStore, path: Path, name: str, start: Start) -> None:
    descriptor = os.open(path.with_name(name), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert keeps_us_out(store, name)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        assert not keeps_us_out(store, name)

        holder = held(start(HOLD, path, name))
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        holder.communicate("\n", timeout=PATIENCE)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)


@BOTH
def test_sidecars_are_never_deleted_nor_changed_whatever_their_age(path: Path, name: str) -> None:
    """Cases 13 and 14: a future date, or a file that was copied with the home folder, has no effect."""
    store = FileStore(path, lock_timeout=0.1)
    path.parent.mkdir()
    sidecar = path.with_name(name)
    sidecar.write_text("4711")
    os.utime(sidecar, (time.time() + 14400,) * 2)
    inode = sidecar.stat().st_ino

    assert not keeps_us_out(store, name)
    lock = store.lease("codex")
    assert lock.try_acquire()
    del lock
    assert not keeps_us_out(store, name)
    assert sidecar.stat().st_ino == inode
    assert sidecar.read_text() == "4711"


@pytest.mark.parametrize(
    "make", [Path.mkdir, os.mkfifo, lambda at: at.symlink_to("/dev/null")], ids=["dir", "fifo", "link"]
)
def test_a_sidecars_place_that_holds_no_lock_file_is_named_in_an_error(
    path: Path, make: Callable[[Path], None]
) -> None:
    """Case 15."""
    store = FileStore(path, lock_timeout=1)
    path.parent.mkdir()
    for name in (GLOBAL, TENANT):
        make(path.with_name(name))

    for attempt in (lambda: store.update(put("codex", token())), store.check_writable):
        with pytest.raises(StorageError, match=r"auth\.json\.global\.lock"):
            attempt()
    with pytest.raises(StorageError, match=r"auth\.json\.refresh\.codex\.lock"):
        store.lease("codex").try_acquire()
    assert not path.exists()
