"""Measure 64 agents at one expired login, from the vendor's reply to the return of the last agent.

The other agents queue for the lease one after the other, try every 100 ms as the Rust agents do, and read the login
only then. All agents wait already; the benchmark itself refreshes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from openab_auth.storage import FileStore, Secret, TokenEntry

ROOT: Final = Path(__file__).parents[1]
AGENT: Final = """
import asyncio, sys, time
import openab_auth.oauth.tokens.refresh, openab_auth.oauth.tokens.find_renewer
from openab_auth.oauth.vendors.catalogue import Catalogue
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import open_store

async def adopting(store):
    async with TokenSource(store, catalogue=Catalogue.shipped()) as source:
        await source.get_valid("codex")

async def queueing(store):
    lock = store.lease("codex")
    while not await asyncio.to_thread(lock.try_acquire):
        await asyncio.sleep(0.1)
    assert store.read()["codex"].expires_at > time.time()
    lock.release()

async def main():
    store = open_store(sys.argv[1])
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print("waiting", flush=True)
        await globals()[sys.argv[2]](store)
        print(time.time(), flush=True)

asyncio.run(main())
"""


def entry(expires_at: float) -> TokenEntry:
    """Return a login that expires at this time."""
    return TokenEntry(Secret("a" * 900), Secret("r" * 90), int(expires_at), "https://as.example/token", "codex")


def measure(waiters: str, agents: int, rounds: int) -> list[list[float]]:
    """Return the seconds from the reply to each agent's return, for each round."""
    with tempfile.TemporaryDirectory() as folder:
        store = FileStore(Path(folder) / "auth.json")
        fleet = [
            subprocess.Popen(  # noqa: S603 - our own words
                [sys.executable, "-c", AGENT, store.path, waiters],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(agents)
        ]
        try:
            _lines(fleet)
            return [_round(store, fleet) for _ in range(rounds)]
        finally:
            for agent in fleet:
                agent.communicate()


def _round(store: FileStore, fleet: list[subprocess.Popen[str]]) -> list[float]:
    store.update(lambda draft: draft.update(codex=entry(time.time() - 5)))
    lock = store.lease("codex")
    assert lock.try_acquire()  # noqa: S101 - nobody else is there yet
    for agent in fleet:
        assert agent.stdin is not None  # noqa: S101 - a pipe
        agent.stdin.write("go\n")
        agent.stdin.flush()
    _lines(fleet)
    time.sleep(1)  # as long as a vendor may take
    answered = time.time()
    store.update(lambda draft: draft.update(codex=entry(time.time() + 3600)))
    lock.release()
    return [float(line) - answered for line in _lines(fleet)]


def _lines(fleet: list[subprocess.Popen[str]]) -> list[str]:
    return [agent.stdout.readline() for agent in fleet if agent.stdout is not None]


def main() -> None:
    """Both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    results = {}
    for waiters in ("adopting", "queueing"):
        rounds = measure(waiters, given.agents, given.rounds)
        results[waiters] = {
            "median_ms": statistics.median(statistics.median(each) for each in rounds) * 1000,
            "last_ms": statistics.median(max(each) for each in rounds) * 1000,
        }
    ratio = results["queueing"]["last_ms"] / results["adopting"]["last_ms"]
    for waiters, result in results.items():
        half, last = result["median_ms"], result["last_ms"]
        print(f"{given.agents} agents, {waiters}: half within {half:.0f} ms, the last within {last:.0f} ms")
    print(f"the last of those that queue comes {ratio:.0f} times as late")


if __name__ == "__main__":
    main()
