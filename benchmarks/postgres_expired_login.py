"""Measure 64 agents on two hosts at one expired login, from the vendor's reply to the return of the last agent.

Each agent is a process that asks its `TokenSource` for a token, and a host is a journal: both hosts are this machine,
so no network lies between them and the database. The vendor takes a second for its reply. Agents on one file are
measured in turns. Goals: one request at the vendor, and the last agent on PostgreSQL within 150 ms.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from postgres_server import Database, database, settings_of

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, ThreadedIssuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens import refresh as _refresh  # noqa: F401 - every agent would import it in its first round
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import FileStore, Secret, Store, TokenEntry
from openab_auth.storage.postgres import PostgresStore

AGENTS: Final = 64
HOSTS: Final = 2
ROUNDS: Final = 7
REPLY: Final = 1.0  # seconds that the vendor takes
POSTGRES: Final = "PostgreSQL"
FILE: Final = "file"
Place = tuple[str, ...]  # the path of a file; or a URL, a schema and a journal


def opened(place: Place) -> Store:
    """Open the store at a place, as a process of its own."""
    return FileStore(Path(place[0])) if len(place) == 1 else PostgresStore(settings_of(*place))


def agent(line: Connection) -> None:
    """Open the store that the benchmark names; get a token each time that it says so, and send it with the time."""
    environ, place, vendors = line.recv()
    os.environ.update(environ)
    asyncio.run(_agent(line, place, vendors))


async def _agent(line: Connection, place: Place, vendors: dict[str, dict[str, object]]) -> None:
    catalogue = Catalogue.from_config(Config(vendors=vendors), {})
    async with TokenSource(opened(place), catalogue=catalogue, driver=Driver()) as source:
        line.send("ready")
        while await asyncio.to_thread(line.recv):
            token = await source.get_valid("lab")
            line.send((token.value.reveal(), time.time()))


def forked() -> list[Connection]:
    """Return the lines to new agents, which have imported everything that the benchmark has."""
    processes, lines = multiprocessing.get_context("fork"), []
    for _ in range(AGENTS):
        ours, theirs = processes.Pipe()
        processes.Process(target=agent, args=(theirs,), daemon=True).start()
        theirs.close()
        lines.append(ours)
    return lines


class Fleet:
    """Agents at one store, a share of them on each host."""

    def __init__(
        self, db: Database, store: Store, lines: list[Connection], places: list[Place], issuer: ThreadedIssuer
    ) -> None:
        self._store = store
        self._issuer = issuer
        self._lines = lines
        row = {
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "authorize_url": issuer.authorize_url,
            "token_url": issuer.token_url,
        }
        for line, place in zip(lines, itertools.cycle(places), strict=False):
            line.send((db.environ, place, {"lab": row}))
        for line in lines:
            line.recv()

    def race(self) -> list[float]:
        """Let a login expire, and return the seconds from the vendor's reply to the return of each agent."""
        reply = self._issuer.tokens.issue(CLIENT_ID, "ada", ("offline_access",))
        access, refresh = Secret(str(reply["access_token"])), Secret(str(reply["refresh_token"]))
        login = TokenEntry(access, refresh, int(time.time()) - 5, self._issuer.token_url, "lab")
        self._store.update(lambda draft: draft.update(lab=login))
        time.sleep(1.2)  # what agents have read counts as current for a second
        before = len(self._issuer.requests("/token"))
        self._issuer.faults.next("/token", delay=REPLY)
        for line in self._lines:
            line.send(True)  # noqa: FBT003 - anything
        told = [line.recv() for line in self._lines]
        requests = self._issuer.requests("/token")[before:]
        tokens = {token for token, _ in told}
        assert len(requests) == len(tokens) == 1, (len(requests), len(tokens))  # noqa: S101 - the goal
        return [at - requests[0].at - REPLY for _, at in told]

    def close(self) -> None:
        """End the agents."""
        for line in self._lines:
            line.send(False)  # noqa: FBT003 - nothing more to do


def measure(
    db: Database, issuer: ThreadedIssuer, folder: Path, lines: dict[str, list[Connection]]
) -> dict[str, list[list[float]]]:
    """Return the seconds of each agent in each round, for each store."""
    ours = db.new_store("expired", folder / "journal")
    journals = [folder / f"journal-{number}" for number in range(HOSTS)]
    places: list[Place] = [(db.url, db.schemas[-1], str(journal)) for journal in journals]
    path = folder / "auth.json"
    fleets = {
        POSTGRES: Fleet(db, ours, lines[POSTGRES], places, issuer),
        FILE: Fleet(db, FileStore(path), lines[FILE], [(str(path),)], issuer),
    }
    rounds = [{name: fleet.race() for name, fleet in fleets.items()} for _ in range(ROUNDS + 1)]
    for fleet in fleets.values():
        fleet.close()
    return {name: [one[name] for one in rounds[1:]] for name in fleets}  # the first round warmed up


def main() -> None:
    """Print the table."""
    lines = {name: forked() for name in (POSTGRES, FILE)}  # before there are threads and connections
    with database(__doc__) as db, ThreadedIssuer.listening() as issuer, tempfile.TemporaryDirectory() as folder:
        results = measure(db, issuer, Path(folder), lines)
    lasts = {name: statistics.median(max(each) for each in rounds) for name, rounds in results.items()}
    for name, rounds in results.items():
        half = statistics.median(statistics.median(each) for each in rounds) * 1e3
        worst = max(max(each) for each in rounds) * 1e3
        print(
            f"{AGENTS} agents, {name:10}: one request; half within {half:4.0f} ms, the last within"
            f" {lasts[name] * 1e3:4.0f} ms, at worst {worst:4.0f} ms"
        )
    print(f"the last on PostgreSQL comes {lasts[POSTGRES] / lasts[FILE]:.1f} times as late as the last at a file")


if __name__ == "__main__":
    main()
