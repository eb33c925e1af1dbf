"""Programs that hold the store's locks, and ways to take the locks."""

from __future__ import annotations

import subprocess
import time

import pytest

from openab_auth.storage import FileStore, StoreBusyError
from tests.storage.entries import put, token
from tests.storage.processes import line_of

GLOBAL, TENANT = "auth.json.global.lock", "auth.json.refresh.codex.lock"
BOTH = pytest.mark.parametrize("name", [GLOBAL, TENANT])
HOLD = """
import sys
from dataclasses import replace
from openab_auth.storage import FileStore
store = FileStore(sys.argv[1])
def hold(draft):
    print("held", flush=True)
    sys.stdin.readline()
    draft["codex"] = replace(draft["codex"], expires_at=7)
if "global" in sys.argv[2]:
    store.update(hold)
else:
    lock = store.lease("codex")
    assert lock.try_acquire()
    print("held", flush=True)
    sys.stdin.readline()
"""


def held(holder: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert line_of(holder) == "held\n"
    return holder


def keeps_us_out(store: FileStore, name: str) -> bool:
    """Return whether somebody else holds this lock."""
    if name == TENANT:
        lock = store.lease("codex")
        free = lock.try_acquire()
        lock.release()
        return not free
    try:
        store.update(put("other", token("other", str(time.monotonic()))))
    except StoreBusyError:
        return True
    return False
