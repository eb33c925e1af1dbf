"""Agents in several threads, each with the account of its thread, when all accounts of a vendor expire together."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import ThreadedIssuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import (
    CONSOLE,
    PERSONAL_ACCOUNTS,
    Agreement,
    AsyncStore,
    Draft,
    FileStore,
    Policies,
    SeenThread,
    ThreadChoices,
    TokenEntry,
    UserId,
)
from tests.oauth.tokens.agents.agents import ROOT
from tests.support.patience import PATIENCE

ADA = UserId(41)
ACCOUNTS = ("lab", "lab@work", "lab@u41")
AGENTS = (
    f"DEADLINE = {PATIENCE}"
    """
import asyncio, json, sys
import openab_auth.oauth.client.driver, openab_auth.oauth.tokens.refresh, openab_auth.oauth.threads.choice
from openab_auth import TokenSource, open_store

async def ask():
    async with TokenSource(open_store(sys.argv[1]), thread=sys.argv[2], deadline=DEADLINE) as source:
        return (await source.get_valid("lab")).value.reveal()

async def main():
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(await asyncio.gather(*(ask() for _ in range(8)))), flush=True)

asyncio.run(main())
"""
)


@pytest.fixture
def accounts(tmp_path: Path, config: Path, issuer: ThreadedIssuer) -> FileStore:
    """Make three expired logins of one vendor, and eight threads that use them."""
    store = FileStore(tmp_path / "auth.json")

    async def log_in() -> None:
        driver = Driver()
        logins = Logins(Catalogue.from_config(read_config(config, {}), {}), AsyncStore(store), driver)
        for word in ACCOUNTS:
            offer = await logins.begin(word, CONSOLE)
            await logins.complete(await asyncio.to_thread(issuer.approve, offer.url), CONSOLE, word)
        await logins.aclose()
        await driver.aclose()

    def prepare(draft: Draft) -> None:
        for key in ACCOUNTS:
            entry = draft[key]
            assert isinstance(entry, TokenEntry)
            draft[key] = replace(entry, expires_at=int(time.time()) - 1)
        draft.threads["policy:1"] = Policies(channels={70: PERSONAL_ACCOUNTS})
        draft.threads["agreement:41"] = Agreement(all_own=True)
        for thread in range(1, 9):
            draft.threads[f"thread:{thread}"] = SeenThread(1, 700, 70 if thread > 5 else 71, ADA)
        for thread in range(3, 6):
            draft.threads[f"choice:{thread}"] = ThreadChoices({"lab": "work"})

    asyncio.run(log_in())
    store.update(prepare)
    issuer.faults.clear()
    issuer.issuer._seen.clear()
    return store


@contextmanager
def agents(store: FileStore, config: Path, thread: int) -> Iterator[subprocess.Popen[str]]:
    """Start a process with eight agents in one thread."""
    environ = os.environ | {"PYTHONPATH": str(ROOT), "OPENAB_AUTH_CONFIG": str(config)}
    command = [sys.executable, "-c", AGENTS, str(store.path), str(thread)]
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_64_agents_in_8_threads_with_3_accounts_make_one_refresh_for_each_account(
    accounts: FileStore, config: Path, issuer: ThreadedIssuer
) -> None:
    with (
        agents(accounts, config, 1) as one,
        agents(accounts, config, 2) as two,
        agents(accounts, config, 3) as three,
        agents(accounts, config, 4) as four,
        agents(accounts, config, 5) as five,
        agents(accounts, config, 6) as six,
        agents(accounts, config, 7) as seven,
        agents(accounts, config, 8) as eight,
    ):
        fleet = (one, two, three, four, five, six, seven, eight)
        assert [line_of(process) for process in fleet] == ["ready\n"] * 8
        for process in fleet:
            assert process.stdin is not None
            print(file=process.stdin, flush=True)
        answers = [json.loads(line_of(process)) for process in fleet]

    tokens = {}
    for key in ACCOUNTS:
        entry = accounts.read()[key]
        assert isinstance(entry, TokenEntry)
        tokens[entry.access_token.reveal()] = key
    served = Counter(tokens[token] for answer in answers for token in answer)
    assert served == {"lab": 16, "lab@work": 24, "lab@u41": 24}
    assert all(len(set(answer)) == 1 for answer in answers)
    assert len(issuer.requests("/token")) == 3
    assert all((family.refreshes, family.reuses) == (1, 0) for family in issuer.families[-3:])
