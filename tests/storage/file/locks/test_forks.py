"""Forked children neither release their parents' locks nor ignore each other's."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import FileStore
from tests.storage.file.locks.held_locks import BOTH, GLOBAL, keeps_us_out
from tests.storage.processes import Start, line_of

FORK = """
import os, sys, threading, time
from openab_auth.storage import FileStore, McpEntry
store = FileStore(sys.argv[1], lock_timeout=60)
lock = store.lease("codex")
assert lock.try_acquire()
if sys.argv[2] == "ends":
    if (child := os.fork()) == 0:
        sys.exit()
    os.waitpid(child, 0)
    print(FileStore(sys.argv[1]).lease("codex").try_acquire(), flush=True)
else:
    begun = threading.Event()
    def slow(draft):
        begun.set()
        time.sleep(0.3)
    writer = threading.Thread(target=store.update, args=[slow])
    writer.start()
    begun.wait()
    if (child := os.fork()) == 0:
        store.update(lambda draft: draft.update(child=McpEntry("c")))
        os._exit(0)
    writer.join()
    print(os.waitpid(child, 0)[1], list(store.read()), flush=True)
"""


@pytest.mark.parametrize(("what", "told"), [("ends", "False"), ("updates", "0 ['child']")])
def test_a_forked_child_frees_no_lock_and_awaits_no_thread_of_its_parent(
    what: str, told: str, path: Path, run: Callable[..., str]
) -> None:
    assert run(FORK, path, what) == told


KILLED_AFTER_FORK = """
import os, signal, sys, threading, time
from openab_auth.storage import FileStore
store = FileStore(sys.argv[1])
def hold(draft):
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    sys.stdin.readline()
if "global" in sys.argv[2]:
    store.update(hold)
else:
    lock = store.lease("codex")
    assert lock.try_acquire()
    hold(None)
"""


@BOTH
def test_a_killed_holder_leaves_its_lock_free_even_if_its_child_lives_on(
    store: FileStore, path: Path, name: str, start: Start
) -> None:
    holder = start(KILLED_AFTER_FORK, path, name)
    child = int(line_of(holder))
    try:
        assert keeps_us_out(store, name)
        holder.kill()
        holder.wait()
        assert not keeps_us_out(store, name)
    finally:
        os.kill(child, signal.SIGKILL)


THREADS_OF_A_CHILD = """
import os, sys, threading, time
from pathlib import Path
from openab_auth.storage.file.locks.global_lock import GlobalLock
sys.setswitchinterval(1e-6)
inside, most, lock = 0, 0, GlobalLock(Path(sys.argv[1]), 60)
lock.run(lambda _: None)

def section(_):
    global inside, most
    inside += 1
    most = max(most, inside)
    time.sleep(0.002)
    inside -= 1

def at_once():
    barrier.wait()
    lock.run(section)

children = []
for _ in range(60):
    if (child := os.fork()) == 0:
        barrier = threading.Barrier(8)
        threads = [threading.Thread(target=at_once) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        os._exit(most != 1)
    children.append(os.waitpid(child, 0)[1])
print(set(children))
"""


def test_the_threads_of_a_forked_child_keep_each_other_out(path: Path, run: Callable[..., str]) -> None:
    path.parent.mkdir()
    assert run(THREADS_OF_A_CHILD, path.with_name(GLOBAL)) == "{0}"
