"""The two locks between real processes, and with other programs that use flock(2)."""

import fcntl
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from storage import FileStore, StorageError, StoreBusyError, TokenEntry

ROOT = Path(__file__).parents[2]
Make = Callable[..., TokenEntry]
Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Starts Python processes with this project on their path; they say on standard output what they have reached."""
    with ExitStack() as ends:

        def start(code: str, *words: object) -> "subprocess.Popen[str]":
            process = subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(code), *map(str, words)],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stdin=subprocess.PIPE,
                text=True,
            )
            ends.enter_context(process)
            ends.callback(process.kill)
            return process

        yield start


def reached(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().strip() == word


HOLD_GLOBAL = """
    import sys
    from storage import FileStore
    def mutate(entries):
        print("held", flush=True)
        sys.stdin.read()
    FileStore(sys.argv[1]).update(mutate)
"""
HOLD_TENANT = """
    import sys
    from storage import FileStore
    lock = FileStore(sys.argv[1]).refresh_lock("codex")
    assert lock.try_acquire()
    print("held", flush=True)
    sys.stdin.read()
"""
ADD = """
    import sys
    from storage import NEVER, FileStore, Secret, TokenEntry
    store = FileStore(sys.argv[1])
    for number in range(int(sys.argv[3])):
        key = f"{sys.argv[2]}-{number}"
        entry = TokenEntry(Secret("a" * (number % 7) * 40), Secret("r"), NEVER, "t", key)
        store.update(lambda entries: entries.__setitem__(key, entry))
"""


def test_no_update_of_eight_processes_is_lost(store: FileStore, path: Path, spawn: Spawn) -> None:
    writers = [spawn(ADD, path, name, 25) for name in range(8)]
    torn = 0
    while any(writer.poll() is None for writer in writers):
        torn += bool(FileStore(path).problems())
        time.sleep(0.002)

    assert [writer.wait() for writer in writers] == [0] * 8
    assert len(store.read()) == 8 * 25
    assert torn == 0
    assert list(path.parent.glob("*.tmp.*")) == []


@pytest.mark.parametrize("code", [HOLD_GLOBAL, HOLD_TENANT])
def test_a_killed_holder_frees_its_lock_at_once(code: str, path: Path, token: Make, spawn: Spawn) -> None:
    holder = spawn(code, path)
    reached(holder, "held")
    store = FileStore(path, lock_timeout=0.05)
    if code is HOLD_GLOBAL:
        with pytest.raises(StoreBusyError):
            store.update(lambda entries: None)
    assert store.refresh_lock("codex").try_acquire() == (code is HOLD_GLOBAL)

    holder.send_signal(signal.SIGKILL)
    holder.wait()

    begun = time.monotonic()
    FileStore(path, lock_timeout=1).update(lambda entries: entries.__setitem__("codex", token()))
    assert store.refresh_lock("other").try_acquire()
    assert time.monotonic() - begun < 1


def test_one_tenants_lock_holds_up_neither_another_tenant_nor_the_store(path: Path, token: Make, spawn: Spawn) -> None:
    holder = spawn(HOLD_TENANT, path)
    reached(holder, "held")
    store = FileStore(path, lock_timeout=1)

    assert store.refresh_lock("other").try_acquire()
    store.update(lambda entries: entries.__setitem__("codex", token()))

    holder.kill()
    holder.wait()


@pytest.mark.parametrize("name", ["auth.json.global.lock", "auth.json.refresh.codex.lock"])
def test_a_raw_flock_of_another_program_keeps_us_out_and_we_keep_it_out(name: str, path: Path, spawn: Spawn) -> None:
    path.parent.mkdir(parents=True)
    sidecar = path.with_name(name)
    descriptor = os.open(sidecar, os.O_RDWR | os.O_CREAT, 0o600)
    store = FileStore(path, lock_timeout=0.05)

    def we_are_kept_out() -> bool:
        if "refresh" in name:
            return not store.refresh_lock("codex").try_acquire()
        try:
            store.update(lambda entries: None)
        except StoreBusyError:
            return True
        return False

    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert we_are_kept_out()
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    assert not we_are_kept_out()

    holder = spawn(HOLD_TENANT if "refresh" in name else HOLD_GLOBAL, path)
    reached(holder, "held")
    with pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert subprocess.run(["flock", "--nonblock", sidecar, "true"], check=False).returncode == 1
    holder.kill()
    holder.wait()
    assert subprocess.run(["flock", "--nonblock", sidecar, "true"], check=False).returncode == 0
    os.close(descriptor)


def test_the_command_flock_keeps_us_out(path: Path) -> None:
    path.parent.mkdir(parents=True)
    sidecar = path.with_name("auth.json.global.lock")
    command = ["flock", sidecar, "sh", "-c", "echo held; exec cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        reached(holder, "held")

        with pytest.raises(StoreBusyError, match=r"auth\.json\.global\.lock"):
            FileStore(path, lock_timeout=0.05).update(lambda entries: None)
        holder.communicate()

    FileStore(path, lock_timeout=1).update(lambda entries: None)


def test_a_lock_file_with_a_time_of_the_future_or_left_by_the_dead_has_no_effect(path: Path, token: Make) -> None:
    path.parent.mkdir(parents=True)
    for name in ("auth.json.global.lock", "auth.json.refresh.codex.lock"):
        path.with_name(name).write_text("4711")
        os.utime(path.with_name(name), (time.time() + 14400,) * 2)
    store = FileStore(path, lock_timeout=0.05)

    store.update(lambda entries: entries.__setitem__("codex", token()))

    assert store.refresh_lock("codex").try_acquire()
    assert path.with_name("auth.json.global.lock").read_text() == "4711"


@pytest.mark.parametrize("name", ["auth.json.global.lock", "auth.json.refresh.codex.lock"])
def test_a_folder_at_a_locks_path_is_an_error_that_names_it(name: str, path: Path) -> None:
    path.with_name(name).mkdir(parents=True)
    store = FileStore(path, lock_timeout=0.2)

    use = store.refresh_lock("codex").try_acquire if "refresh" in name else lambda: store.update(lambda entries: None)

    with pytest.raises(StorageError, match=name):
        use()


def test_a_sidecar_is_never_deleted(path: Path) -> None:
    store = FileStore(path)
    lock = store.refresh_lock("codex")
    assert lock.try_acquire()
    inode = path.with_name("auth.json.refresh.codex.lock").stat().st_ino
    lock.release()

    assert path.with_name("auth.json.refresh.codex.lock").stat().st_ino == inode
