"""Measure one locked update with 10, 1,000 and 10,000 entries, against a bare flock loop, and a first read.

Print medians and ratios. The bare loop reads, parses and writes the whole file with json. Our store knows the entries
of its last read, and encodes only the changed entry. A first read parses as strictly as the agents do.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from locked_update import bare, login, ours

from openab_auth.storage import FileStore

SIZES = (10, 1_000, 10_000)
ROUNDS = 9


def main() -> None:
    """Print the table."""
    print("entries   update: bare      ours   ratio     read: json.load      ours   ratio")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            figures = measure(new_file(one, size), new_file(other, size))
        update_bare, update_ours, read_bare, read_ours = figures
        print(
            f"{size:7} {update_bare * 1e3:11.1f} ms {update_ours * 1e3:6.1f} ms {update_ours / update_bare:7.2f}"
            f" {read_bare * 1e3:17.2f} ms {read_ours * 1e3:6.2f} ms {read_ours / read_bare:7.2f}"
        )


def new_file(folder: str, size: int) -> Path:
    """Write a file with this many logins."""
    path = Path(folder) / "auth.json"
    path.write_text(json.dumps({f"tenant-{number}": login(number) for number in range(size)}, indent=2))
    path.chmod(0o600)
    return path


def measure(theirs: Path, mine: Path) -> list[float]:
    """Return the median seconds of both updates and both reads."""
    updates = [bare(theirs), ours(mine)]
    return [
        *medians([partial(update, "tenant-3", _nothing) for update in updates]),
        *medians([lambda: json.loads(mine.read_text()), lambda: FileStore(mine).read()]),
    ]


def medians(calls: list[Callable[[], object]]) -> list[float]:
    """Median seconds of each, in turns; a first round warms up."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS + 1):
        for kept, call in zip(times, calls, strict=True):
            begun = time.perf_counter()
            call()
            kept.append(time.perf_counter() - begun)
    return [statistics.median(kept[1:]) for kept in times]


def _nothing() -> None:
    pass


if __name__ == "__main__":
    main()
