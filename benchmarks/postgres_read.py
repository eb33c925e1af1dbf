"""A warm `TokenSource.get_valid` on PostgreSQL against the same on a file, and against one bare query; in turns.

Goal: at most 1.5 times the file's. Once a second a call asks the database for the version of the store; this call is
measured apart. Prints medians and their ratios.
"""

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

import psycopg
from postgres_server import Database, database

from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import NEVER, Draft, FileStore, Secret, Store, TokenEntry

ROUNDS = 40
CALLS = 500
LOOKS = 9
LOGINS = 10
ASKING = "PostgreSQL, once a second"
BARE = "a bare query"


def fill(draft: Draft) -> None:
    """Write as many logins as a busy host has."""
    for number in range(LOGINS):
        tenant = f"tenant-{number}"
        draft[tenant] = TokenEntry(Secret("a" * 900), Secret("r" * 90), NEVER, "https://as.example/token", tenant)


async def measure(db: Database, stores: dict[str, Store]) -> dict[str, list[float]]:
    """Return the seconds of a call in each round for each store, of the calls that ask, and of bare queries."""
    sources = {name: TokenSource(store) for name, store in stores.items()}
    times: dict[str, list[float]] = {name: [] for name in (*stores, ASKING, BARE)}
    for _ in range(ROUNDS):
        for name, source in sources.items():
            await source.get_valid("tenant-0")
            begun = time.perf_counter()
            for _ in range(CALLS):
                await source.get_valid("tenant-0")
            times[name].append((time.perf_counter() - begun) / CALLS)
    query = f"select version from {db.schemas[-1]}.store".encode()  # noqa: S608 - our own words
    with psycopg.connect(db.url, autocommit=True) as connection:
        for _ in range(LOOKS):
            await asyncio.sleep(1.1)  # what was read counts as current for a second
            begun = time.perf_counter()
            await sources["PostgreSQL"].get_valid("tenant-0")
            times[ASKING].append(time.perf_counter() - begun)
            await asyncio.sleep(0.1)  # the processor's caches are as cold as for the call
            begun = time.perf_counter()
            connection.execute(query)
            times[BARE].append(time.perf_counter() - begun)
    for source in sources.values():
        await source.aclose()
    return times


def main() -> None:
    """Print the table."""
    with database(__doc__) as db, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "auth.json"
        ours = db.new_store("read", Path(folder) / "journal")
        stores: dict[str, Store] = {"file": FileStore(path), "PostgreSQL": ours}
        for store in stores.values():
            store.update(fill)
        for file in Path(folder).iterdir():
            os.utime(file, (time.time() - 60, time.time() - 60))  # a young file is read again
        times = asyncio.run(measure(db, stores))
    medians = {name: statistics.median(found) for name, found in times.items()}
    for name, seconds in medians.items():
        print(f"{name:26}{seconds * 1e6:9.2f} us{seconds / medians['file']:9.2f} x file")


if __name__ == "__main__":
    main()
