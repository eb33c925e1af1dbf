"""An interrupt at any line frees the lock for others and leaves the commit whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import FileStore
from tests.storage.file.locks.held_locks import GLOBAL
from tests.support.patience import PATIENCE

INTERRUPTED_ANYWHERE = """
import fcntl, os, sys
from pathlib import Path
import filelock
from openab_auth.storage.file.locks.global_lock import GlobalLock

def interrupt_at(number, lock):
    count = 0
    def trace(frame, event, _):
        nonlocal count
        if frame.f_code.co_filename.endswith(("storage/file/locks/flock.py", "storage/file/locks/global_lock.py")):
            count += event == "line"
            if event == "line" and count == number:
                sys.settrace(None)
                raise KeyboardInterrupt
            return trace
    sys.settrace(trace)
    try:
        lock.run(lambda _: None)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)

number = 1
while interrupt_at(number, lock := GlobalLock(Path(sys.argv[1]), 1)):
    other = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)
    number += 1
print(number > 20)
"""


def test_an_interrupt_at_any_line_leaves_the_lock_to_others(path: Path, run: Callable[..., str]) -> None:
    path.parent.mkdir()
    assert run(INTERRUPTED_ANYWHERE, path.with_name(GLOBAL)) == "True"


INTERRUPTED = f"""
import fcntl, os, signal, sys, threading, time
from openab_auth.storage import FileStore, McpEntry
store = FileStore(sys.argv[1], lock_timeout={PATIENCE})
store.update(lambda draft: draft.update(first=McpEntry("c")))
def interrupt(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
before = len(os.listdir("/proc/self/fd"))
def until(holds):
    ends = time.monotonic() + {PATIENCE}
    while not holds() and time.monotonic() < ends:
        time.sleep(0.01)
for number in range(3):
    held = os.open(sys.argv[1] + ".global.lock", os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    threading.Timer(0.05, os.close, [held]).start()
    def slow(draft):
        signal.alarm(0) or signal.setitimer(signal.ITIMER_REAL, 0.05)
        time.sleep(0.2)
        draft[str(number)] = McpEntry("c")
    try:
        store.update(slow)
    except KeyboardInterrupt:
        print("interrupted", end=" ")
    until(lambda: str(number) in store.read())
until(lambda: len(os.listdir("/proc/self/fd")) == before)  # the thread that waited has ended
print(list(store.read()), len(os.listdir("/proc/self/fd")) - before)
"""


def test_an_interrupted_caller_costs_neither_the_commit_nor_a_descriptor(path: Path, run: Callable[..., str]) -> None:
    assert run(INTERRUPTED, path) == "interrupted interrupted interrupted ['first', '0', '1', '2'] 0"


@pytest.mark.parametrize("where", ["storage.file.locks.flock._is_at", "storage.file.store.FileStore._look_again"])
def test_a_lease_whose_taking_failed_is_free(store: FileStore, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error may be kept for long, with all that its traceback holds."""

    def fail(*_: object) -> bool:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(f"openab_auth.{where}", fail)
        lease = store.lease("codex")
        with pytest.raises(MemoryError):
            lease.try_acquire()

    assert store.lease("codex").try_acquire()
