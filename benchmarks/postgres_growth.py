"""A commit of the PostgreSQL store with 10, 1,000 and 100,000 logins, against a bare `update`; in turns.

Each login has a note. `one login` is an agent, which reads only the login that it changes. `all logins` is a bot or a
broker, which has read every login of this version before. The goal is that the number of logins makes no difference.
Prints medians, and their ratios to the store with 10 logins.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

import psycopg
from postgres_server import Database, database
from psycopg import sql

from openab_auth.storage import NEVER, Draft, Note, Secret, TokenEntry
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.head import HEAD, HeadCheck
from openab_auth.storage.postgres.sealed.rows import seal_entry, seal_record
from openab_auth.storage.postgres.wire.tables import Tables
from openab_auth.storage.records import NOTES

SIZES: Final = (10, 1_000, 100_000)
ROUNDS: Final = 40
Call: TypeAlias = Callable[[], object]
ENTRY: Final = TokenEntry(Secret("a" * 900), Secret("r" * 90), NEVER // 10**9, "https://as.example/token", "codex")


def fill(db: Database, store: PostgresStore, size: int) -> None:
    """Write logins with notes as the store itself seals them; as commits they would take minutes."""
    schema = store.settings.options.schema
    with psycopg.connect(db.url, autocommit=True) as connection:
        row = connection.execute(Tables(schema).sql(HEAD)).fetchone()
        _, cipher = HeadCheck(store.settings, store.place).check(row)
        with connection.cursor() as cursor:
            names = "(key, kind, entry, key_id, expires_at, generation)"
            with cursor.copy(sql.SQL(f"copy {{}}.entries {names} from stdin").format(sql.Identifier(schema))) as copy:
                for number in range(size):
                    copy.write_row(seal_entry(cipher, f"tenant-{number}", ENTRY))
            names = "(kind, key, record, key_id)"
            with cursor.copy(sql.SQL(f"copy {{}}.records {names} from stdin").format(sql.Identifier(schema))) as copy:
                for number in range(size):
                    copy.write_row(seal_record(cipher, NOTES, f"tenant-{number}", Note()))
        connection.execute("vacuum analyze")


def count_up(draft: Draft) -> None:
    """Change a login, and its note."""
    entry = draft["tenant-3"]
    assert isinstance(entry, TokenEntry)  # noqa: S101 - it was written so
    draft["tenant-3"] = replace(entry, expires_at=entry.expires_at + 1)
    draft.notes["tenant-3"] = (draft.notes.get("tenant-3") or Note())._replace(account=str(entry.expires_at))


def commits_of(db: Database, size: int, folder: Path) -> dict[str, tuple[Call, Call]]:
    """Return calls that commit to a new store of this size, by the names of their processes, with what comes before."""
    store = db.new_store(f"growth_{size}", folder / f"journal-{size}")
    fill(db, store, size)
    agent, bot = PostgresStore(store.settings), PostgresStore(store.settings)
    return {
        "one login": (list, lambda: agent.update(count_up)),
        "all logins": (bot.read, lambda: bot.update(count_up)),
    }


def measure(db: Database, folder: Path) -> dict[str, dict[int, float]]:
    """Return the median seconds of each call for each size."""
    calls = {size: commits_of(db, size, folder) for size in SIZES}
    with psycopg.connect(db.url, autocommit=True) as connection:
        bare = f"begin; update {db.schemas[0]}.store set version = version; commit".encode()  # noqa: S608 - our own words
        for named in calls.values():
            named["bare update"] = (list, lambda: connection.execute(bare))
        times: dict[str, dict[int, list[float]]] = {name: {size: [] for size in SIZES} for name in calls[SIZES[0]]}
        for _ in range(ROUNDS + 1):
            for size, named in calls.items():
                for name, (before, call) in named.items():
                    before()
                    begun = time.perf_counter()
                    call()
                    times[name][size].append(time.perf_counter() - begun)
    return {name: {size: statistics.median(each[1:]) for size, each in found.items()} for name, found in times.items()}


def main() -> None:
    """Print the table."""
    with database(__doc__) as db, tempfile.TemporaryDirectory() as folder:
        medians = measure(db, Path(folder))
    print("a commit of       " + "".join(f"{size:>11} logins" for size in SIZES) + f"   {SIZES[-1]} of {SIZES[0]}")
    for name, found in medians.items():
        columns = "".join(f"{seconds * 1e3:15.2f} ms" for seconds in found.values())
        print(f"{name:18}{columns}{found[SIZES[-1]] / found[SIZES[0]]:16.2f}")


if __name__ == "__main__":
    main()
