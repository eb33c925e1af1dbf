"""The holders of locks come from the kernel's list."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openab_auth.bot.playground.store.file_locks import FileLocks
from openab_auth.storage import open_store
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc/locks is Linux's")
HOLD = """
import sys
from openab_auth.storage import open_store
lock = open_store(sys.argv[1]).lease("lab")
assert lock.try_acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_shows_its_holders_name_now_and_later(tmp_path: Path) -> None:
    store = tmp_path / "auth.json"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    watch = FileLocks(store, {holder.pid: "agent 7"}.get)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        asyncio.run(watch.look())
        (seen,) = watch.now()
        assert (seen["lock"], seen["holder"]) == ("refresh.lab", "agent 7")
        assert holder.stdin is not None
        holder.stdin.close()
    asyncio.run(watch.look())
    assert [each["holder"] for each in watch.now()] == [None]
    assert [(each["lock"], each["holder"]) for each in watch.past()] == [("refresh.lab", "agent 7")]


def test_an_unknown_holder_is_shown_by_its_process_id(tmp_path: Path) -> None:
    lock = open_store(tmp_path / "auth.json").lease("lab")
    watch = FileLocks(tmp_path / "auth.json", lambda _: None)
    assert lock.try_acquire()
    asyncio.run(watch.look())
    assert watch.now()[0]["holder"] == f"process {os.getpid()}"
    lock.release()


def test_waiting_processes_are_counted_and_are_not_holders(tmp_path: Path) -> None:
    sidecar = tmp_path / "auth.json.global.lock"
    watch = FileLocks(tmp_path / "auth.json", {os.getpid(): "the test"}.get)
    with sidecar.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX)"
        with subprocess.Popen([sys.executable, "-c", code, str(sidecar)]):
            ends = time.monotonic() + PATIENCE
            while True:
                asyncio.run(watch.look())
                (seen,) = watch.now()
                if seen["waiting"] or time.monotonic() > ends:
                    break
                time.sleep(0.01)
            fcntl.flock(held, fcntl.LOCK_UN)
    assert (seen["holder"], seen["waiting"]) == ("the test", 1)
