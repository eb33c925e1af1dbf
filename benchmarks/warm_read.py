"""A warm `FileStore.read` against a bare `os.stat` and against `open` with `json.load`, in one run."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
import timeit
from collections.abc import Callable
from pathlib import Path

from openab_auth.storage import NEVER, Draft, FileStore, Secret, TokenEntry

LOGINS = 10
ROUNDS = 7
CALLS = 2000


def fill(draft: Draft) -> None:
    """Write as many logins as a busy host has."""
    for number in range(LOGINS):
        tenant = f"tenant-{number}"
        draft[tenant] = TokenEntry(Secret("a" * 900), Secret("r" * 90), NEVER, "https://as.example/token", tenant)


def main() -> None:
    """Measure the three in turns and print each one's median, and the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "auth.json"
        store = FileStore(path)
        store.update(fill)
        time.sleep(0.05)  # a file this young is read again in case it changes within one tick of the clock
        store.read()

        def load() -> object:
            with path.open(encoding="utf-8") as file:
                return json.load(file)

        measured: dict[str, Callable[[], object]] = {
            "os.stat": lambda: os.stat(path),  # noqa: PTH116 -- the bare call is the measure
            "read": store.read,
            "open + json.load": load,
        }
        times = {
            name: statistics.median(timeit.repeat(call, number=CALLS, repeat=ROUNDS)) for name, call in measured.items()
        }
    for name, seconds in times.items():
        print(f"{name:18}{seconds / CALLS * 1e6:8.2f} us{seconds / times['os.stat']:8.2f} x os.stat")
    print(f"a warm read is {times['open + json.load'] / times['read']:.1f} times as fast as open + json.load")


if __name__ == "__main__":
    main()
