"""500 concurrent updates through AsyncStore against one lock and one fsync for each; prints the ratio (goal: 20)."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from openab_auth.storage import NEVER, AsyncStore, Draft, FileStore, Secret, TokenEntry

UPDATES = 500
ROUNDS = 5


def put(number: int) -> Callable[[Draft], None]:
    """Return a mutation that stores one login."""
    tenant = f"tenant-{number}"
    entry = TokenEntry(Secret("a" * 900), Secret("r" * 90), NEVER, "https://as.example/token", tenant)

    def mutate(draft: Draft) -> None:
        draft[tenant] = entry

    return mutate


def alone(store: FileStore) -> float:
    """Return the updates per second, one after the other."""
    began = time.perf_counter()
    for number in range(UPDATES):
        store.update(put(number))
    return UPDATES / (time.perf_counter() - began)


async def together(store: FileStore) -> float:
    """Return the updates per second, all requested at once."""
    face = AsyncStore(store)
    began = time.perf_counter()
    await asyncio.gather(*(face.update(put(number)) for number in range(UPDATES)))
    return UPDATES / (time.perf_counter() - began)


def main() -> None:
    """Both, in turns and each time on a new file, so that both write the same entries."""
    rates: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            rates.append(
                (alone(FileStore(Path(one) / "auth.json")), asyncio.run(together(FileStore(Path(other) / "auth.json"))))
            )
    single, grouped = (statistics.median(column) for column in zip(*rates, strict=True))
    ratio = statistics.median(group / one for one, group in rates)
    print(f"one by one {single:.0f}/s, group commit {grouped:.0f}/s: {ratio:.1f} times as many (goal: 20)")


if __name__ == "__main__":
    main()
