"""A commit of the PostgreSQL store with 1 and with 32 clients, against one bare `update`; in turns.

`bare` sends `begin; update …; commit` as one message for the one row of a table `store` in a schema of its own: no
store can commit with less. `messages` sends the two messages of our commit again, with nothing between them: what
the protocol costs without our Python. `processes` are clients that each commit with `PostgresStore.update`. `tasks`
are clients in the event loops of two processes, as in two bots or brokers; their `AsyncStore.update` shares commits.
All but `bare` are on two hosts, which means two journals, and each client counts up in a login of its own. Goal: 0.8
of the rate of `bare`. Prints medians.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from subprocess import PIPE
from typing import Any, Final, NamedTuple, TypeAlias
from unittest import mock
from uuid import uuid4

import psycopg
from postgres_server import Database, database, settings_of

from openab_auth.storage import NEVER, AsyncStore, Draft, Secret, TokenEntry
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.wire.connections import BoundConnection

ROUNDS: Final = 12
SECONDS: Final = 0.5
CLIENTS: Final = (1, 32)
HOSTS: Final = 2
_UUID: Final = re.compile(rb"(?<=')[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=')")
Race: TypeAlias = Callable[[float], tuple[int, float]]  # commits until a time; returns how often, and the slowest


class Run(NamedTuple):
    """The results of all clients in one round; `cpu` is the clients' seconds of processor for each commit."""

    rate: float
    slowest: float
    cpu: float


def bare(url: str, schema: str, journal: str, *tenants: str) -> Race:
    """Return a race that updates the row and commits, in one message."""
    del journal, tenants
    connection = psycopg.connect(url, autocommit=True)

    def commit() -> None:
        connection.execute(
            f"begin; update {schema}.store set version = version + 1, version_id = '{uuid4()}'; commit".encode()  # noqa: S608
        )

    return partial(_alone, commit)


def messages(url: str, schema: str, journal: str, tenant: str) -> Race:
    """Return a race that sends the two messages of a commit again, each time with another token."""
    store, sent, execute = PostgresStore(settings_of(url, schema, journal)), list[bytes](), BoundConnection.execute
    store.read()
    store.update(_count_up(tenant))  # the next one knows which rows it needs

    def record(connection: BoundConnection, query: bytes, *rest: Any, **settings: Any) -> Any:  # noqa: ANN401 - as psycopg
        sent.append(query)
        return execute(connection, query, *rest, **settings)

    with mock.patch.object(BoundConnection, "execute", record):
        store.update(_count_up(tenant))
    store.close()
    begin, commit = sent
    parts = _UUID.split(commit)
    connection = psycopg.connect(url, autocommit=True)

    def send() -> None:
        connection.execute(begin)
        connection.execute(str(uuid4()).encode().join(parts))

    return partial(_alone, send)


def processes(url: str, schema: str, journal: str, tenant: str) -> Race:
    """Return a race that counts up in a login with `PostgresStore.update`."""
    store = PostgresStore(settings_of(url, schema, journal))
    store.read()
    return partial(_alone, lambda: store.update(_count_up(tenant)))


def tasks(url: str, schema: str, journal: str, *tenants: str) -> Race:
    """Return a race of many tasks, each of which counts up in a login with `AsyncStore.update`."""
    store = AsyncStore(PostgresStore(settings_of(url, schema, journal)))

    runner = asyncio.Runner()

    async def count_up(tenant: str, until: float) -> tuple[int, float]:
        count, slowest = 0, 0.0
        while count == 0 or time.time() < until:
            begun = time.perf_counter()
            await store.update(_count_up(tenant))
            slowest, count = max(slowest, time.perf_counter() - begun), count + 1
        return count, slowest

    async def together(until: float) -> tuple[int, float]:
        found = await asyncio.gather(*(count_up(tenant, until) for tenant in tenants))
        return sum(count for count, _ in found), max(slowest for _, slowest in found)

    return lambda until: runner.run(together(until))


def _alone(commit: Callable[[], object], until: float) -> tuple[int, float]:
    count, slowest = 0, 0.0
    while count == 0 or time.time() < until:
        begun = time.perf_counter()
        commit()
        slowest, count = max(slowest, time.perf_counter() - begun), count + 1
    return count, slowest


def _count_up(tenant: str) -> Callable[[Draft], None]:
    def mutate(draft: Draft) -> None:
        entry = draft[tenant]
        assert isinstance(entry, TokenEntry)  # noqa: S101 - it was written so
        draft[tenant] = replace(entry, expires_at=entry.expires_at + 1)

    return mutate


CONTENDERS: Final[dict[str, Callable[..., Race]]] = {
    "bare": bare,
    "messages": messages,
    "processes": processes,
    "tasks": tasks,
}


def work(name: str, *words: str) -> None:
    """For each time that is read, commit until then, at least once; print how often, the slowest, and the CPU time."""
    race = CONTENDERS[name](*words)
    race(0.0)
    print("ready", flush=True)
    for line in sys.stdin:
        used = time.process_time()
        count, slowest = race(float(line))
        print(count, slowest, time.process_time() - used, flush=True)


class Team:
    """Clients of one kind at one store."""

    def __init__(self, db: Database, name: str, clients: int, folder: Path) -> None:
        store = db.new_store(f"{name}_{clients}", folder / "journal-0")
        tenants = [f"tenant-{number}" for number in range(clients)]
        store.update(lambda draft: draft.update({tenant: _login(tenant) for tenant in tenants}))
        store.close()
        command = [sys.executable, __file__, name, db.url, db.schemas[-1]]
        shares = [tenants[host::HOSTS] for host in range(HOSTS)] if name == "tasks" else [[each] for each in tenants]
        self._workers = [
            subprocess.Popen(  # noqa: S603 - our own words
                [*command, str(folder / f"journal-{number % HOSTS}"), *share],
                stdin=PIPE,
                stdout=PIPE,
                text=True,
                env=db.environ,
            )
            for number, share in enumerate(shares)
        ]
        for worker in self._workers:
            _read(worker)

    def race(self) -> Run:
        """Let them commit at once."""
        until = time.time() + SECONDS
        for worker in self._workers:
            assert worker.stdin is not None  # noqa: S101 - it was asked for
            worker.stdin.write(f"{until}\n")
            worker.stdin.flush()
        told = [[float(word) for word in _read(worker).split()] for worker in self._workers]
        commits = sum(count for count, _, _ in told)
        return Run(commits / SECONDS, max(slowest for _, slowest, _ in told), sum(cpu for _, _, cpu in told) / commits)

    def close(self) -> None:
        """End them."""
        for worker in self._workers:
            worker.communicate()


def compete(db: Database, clients: int) -> None:
    """Print one line for each: the medians of the rounds, in which they take turns."""
    with tempfile.TemporaryDirectory() as place:
        names = [name for name in CONTENDERS if clients > 1 or name != "tasks"]
        teams = {name: Team(db, name, clients, Path(place) / name) for name in names}
        orders = list(itertools.permutations(teams))  # what one leaves to the server is felt by the next
        rounds = [{name: teams[name].race() for name in orders[turn % len(orders)]} for turn in range(ROUNDS + 1)]
        for team in teams.values():
            team.close()
    del rounds[0]  # it warmed up
    for name in names:
        ratio = statistics.median(one[name].rate / one["bare"].rate for one in rounds)
        rate, slowest, cpu = (statistics.median(column) for column in zip(*(one[name] for one in rounds), strict=True))
        print(f"{name:10}{clients:7}{ratio:9.2f}{rate:9.0f}/s{slowest:10.3f} s{cpu * 1e3:14.2f} ms")


def main() -> None:
    """Print the table."""
    with database(__doc__) as db:
        print("          clients    ratio       rate     slowest   CPU of a commit")
        for clients in CLIENTS:
            compete(db, clients)


def _login(tenant: str) -> TokenEntry:
    return TokenEntry(Secret("a" * 900), Secret("r" * 90), NEVER - 10**9, "https://as.example/token", tenant)


def _read(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None  # noqa: S101 - it was asked for
    return worker.stdout.readline()


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] in CONTENDERS:  # noqa: PLR2004
        work(*sys.argv[1:])
    else:
        main()
