"""Programs that act as agents, and their answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from openab_auth.bot.playground.issuer import ThreadedIssuer
from openab_auth.storage import FileStore, TokenEntry
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[4]
AGENT = (
    f"DEADLINE = {PATIENCE}"
    """
import asyncio, json, sys, time
import openab_auth.oauth.client.driver, openab_auth.oauth.tokens.refresh  # before any clock runs
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import OpenabAuthError, open_store

async def main():
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        async with TokenSource(open_store(order["store"]), deadline=DEADLINE) as source:
            try:
                if "rejected" in order:
                    token = await source.force_refresh("lab", rejected=order["rejected"])
                else:
                    token = await source.get_valid("lab")
                answer = {"token": token.value.reveal(), "at": time.time()}
            except OpenabAuthError as error:
                answer = {"error": error.code}
        print(json.dumps(answer), flush=True)

asyncio.run(main())
"""
)


class Agent:
    """A process with a TokenSource that finds its config in the environment."""

    def __init__(self, config: Path) -> None:
        environ = os.environ | {"PYTHONPATH": str(ROOT), "OPENAB_AUTH_CONFIG": str(config)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", AGENT], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def order(self, store: FileStore, **order: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"store": str(store.path), **order}) + "\n")
        self.process.stdin.flush()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.line())
        return answer

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def login(store: FileStore) -> TokenEntry:
    entry = store.read()["lab"]
    assert isinstance(entry, TokenEntry)
    return entry


def expire(store: FileStore) -> None:
    store.update(lambda draft: draft.update(lab=replace(login(store), expires_at=int(time.time()) - 1)))


def all_answer(agents: list[Agent]) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(len(agents)) as pool:
        return list(pool.map(Agent.answer, agents))


def reached(issuer: ThreadedIssuer, count: int = 1) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(issuer.requests("/token")) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)
