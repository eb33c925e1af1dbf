"""Measure the cost of filelock's audit hook: the same calls in processes with and without filelock, in turns.

On Python 3.12 and later filelock registers a hook, which Python then calls at each audited event: an `open`, a listing.
A warm read of the store is a `stat`, which Python does not audit. Counts processor time; prints medians and the ratio.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from pathlib import Path

from openab_auth.storage import FileStore

TURNS = 11
ROUNDS = 7
CALLS = 1000


def main() -> None:
    """Print a line for each call."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "auth.json"
        path.write_text(json.dumps({f"tenant-{number}": _entry() for number in range(10)}))
        without, after = [], []
        for _ in range(TURNS):
            without.append(_in_process("-", path))
            after.append(_in_process("filelock", path))
    for name in without[0]:
        base, hooked = (statistics.median(turn[name] for turn in turns) for turns in (without, after))
        print(f"{name:16}{base * 1e6:8.2f} us   with filelock{hooked * 1e6:8.2f} us   {hooked / base:5.2f} times")


def _in_process(module: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, module, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 -- our own program
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def measure(path: Path) -> dict[str, float]:
    """Return the seconds of each call."""
    time.sleep(0.05)  # a file this young is read again in case it changes within one tick of the clock
    store = FileStore(path)
    store.read()
    calls = {
        "os.stat": lambda: os.stat(path),  # noqa: PTH116 -- the bare call is the measure
        "warm read": store.read,
        "open and close": lambda: path.open("rb").close(),
        "cold read": lambda: FileStore(path).read(),
    }
    return {
        name: min(timeit.repeat(call, timer=time.process_time, number=CALLS, repeat=ROUNDS)) / CALLS
        for name, call in calls.items()
    }


def _entry() -> dict[str, object]:
    return {
        "access_token": "a" * 900,
        "refresh_token": "r" * 90,
        "expires_at": int(time.time()) + 3600,
        "token_endpoint": "https://as.example/token",
        "provider": "tenant",
    }


if __name__ == "__main__":
    if len(sys.argv) > 1:
        if sys.argv[1] != "-":
            import filelock  # noqa: F401 -- it registers the hook
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        main()
