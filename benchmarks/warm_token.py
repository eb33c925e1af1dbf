"""A warm `TokenSource.get_valid` against one bare `os.stat`, and against opening and parsing the file; in turns.

Goal: a few stats, and far below a parse, however many entries the file has. Prints the medians and their ratios.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import open_store

ROUNDS = 30
CALLS = 500
SIZES = (1, 10, 1000)


def main() -> None:
    """Print the table."""
    print("entries   bare stat   open+json   get_valid   of a stat   of a parse")
    for size in SIZES:
        stat, parse, ours = asyncio.run(_measure(size))
        print(
            f"{size:7}   {stat * 1e6:6.2f} us   {parse * 1e6:6.1f} us   {ours * 1e6:6.2f} us"
            f"   {ours / stat:9.2f}   {ours / parse:10.4f}"
        )


async def _measure(size: int) -> tuple[float, float, float]:
    """Median seconds of a call: bare stat, open and parse, ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "auth.json"
        path.write_text(json.dumps({f"tenant-{number}": _entry(f"tenant-{number}") for number in range(size)}))
        os.utime(path, (time.time() - 60, time.time() - 60))  # a file that was not just written
        source = TokenSource(open_store(path))
        await source.get_valid("tenant-0")
        times: tuple[list[float], list[float], list[float]] = ([], [], [])
        parses = max(CALLS // size, 2)
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            for _ in range(CALLS):
                os.stat(path)  # noqa: PTH116 - as bare as it gets
            times[0].append((time.perf_counter() - begun) / CALLS)
            begun = time.perf_counter()
            for _ in range(parses):
                _parse(path)
            times[1].append((time.perf_counter() - begun) / parses)
            begun = time.perf_counter()
            for _ in range(CALLS):
                await source.get_valid("tenant-0")
            times[2].append((time.perf_counter() - begun) / CALLS)
        return statistics.median(times[0]), statistics.median(times[1]), statistics.median(times[2])


def _parse(path: Path) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - as bare as it gets
        token: str = json.load(file)["tenant-0"]["access_token"]
    return token


def _entry(tenant: str) -> dict[str, object]:
    return {
        "access_token": "benchmark" * 20,
        "refresh_token": "benchmark" * 8,
        "expires_at": int(time.time()) + 3600,
        "token_endpoint": "https://login.example.com/token",
        "provider": tenant,
    }


if __name__ == "__main__":
    main()
