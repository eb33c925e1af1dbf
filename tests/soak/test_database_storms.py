"""Agents on two hosts share logins in PostgreSQL, while connections are lost, servers end and processes stand still."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import ThreadedIssuer
from tests.soak.oracles import Findings, check_vendor
from tests.soak.run import SoakRun
from tests.soak.vendors import LIFETIME, slow_down
from tests.storage.entries import token_in
from tests.storage.postgres.hosts.agents import Vendor
from tests.storage.postgres.places import Place
from tests.storage.processes import ROOT
from tests.support.patience import PATIENCE
from tests.support.postgres.pattern import Servers
from tests.support.postgres.proxy import Proxy, When
from tests.support.postgres.server import Server

SHARE = 0.25
TENANTS = ("lab0", "lab1", "lab2")
AGENTS = 2  # on each host
PROGRAM = ROOT / "tests/soak/programs/database_agent.py"
TEXTS = (b"begin", b"for update", b"into", b"leases", b"posted_at", b"commit", b"select")
WHENS: tuple[When, ...] = ("before", "after")
PAUSES = (0.1, 6.0)  # seconds


@dataclass
class DatabaseStorm:
    """One server, two hosts that reach it through proxies, and their agents."""

    server: Server
    person: Place
    places: list[Place]
    proxies: list[Proxy]
    vendor: Vendor
    soak: SoakRun
    agents: list[subprocess.Popen[str]] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)

    def start(self, log: Path) -> None:
        vendors = json.dumps(self.vendor.rows(*TENANTS))
        for place in self.places * AGENTS:
            command = [sys.executable, str(PROGRAM), place.argument(), vendors, json.dumps(TENANTS)]
            with log.open("a") as errors:
                agent = subprocess.Popen(
                    command,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                )
            self.agents.append(agent)
        for agent in self.agents:
            assert agent.stdout is not None
            assert agent.stdout.readline() == "begun\n", log.read_text()

    def strike(self) -> None:
        """Let one thing happen."""
        choose, pause = self.soak.chance.choice, self.soak.chance.uniform(*PAUSES)
        proxy, agent = choose(self.proxies), choose(self.agents)
        strikes: dict[str, Callable[[], None]] = {
            "lost": lambda: self._lose(proxy),
            "lost soon": lambda: self._lose(proxy, after=pause / 4),
            "refusing": lambda: _during(proxy.refusing(), pause),
            "silent": lambda: _during(proxy.silent(), pause),
            "frozen": lambda: _during(self.server.frozen(), pause),
            "stopped agent": lambda: _stand_still(agent, pause),
            "restarted": lambda: self._restart(self.server.stop),
            "killed": lambda: self._restart(self.server.kill),
            "logged in": lambda: self._log_in(choose(TENANTS), out_first=False),
            "logged out and in": lambda: self._log_in(choose(TENANTS), out_first=True),
        }
        name = choose(list(strikes))
        self.struck.append(name)
        strikes[name]()

    def stop(self) -> list[int]:
        """Let every agent end, and return how many tokens each got."""
        tokens = []
        for agent in self.agents:
            out, _ = agent.communicate(timeout=PATIENCE)
            assert agent.returncode == 0
            tokens.append(int(out))
        return tokens

    def _lose(self, proxy: Proxy, after: float = 0.0) -> None:
        for _ in range(2):
            proxy.cut(self.soak.chance.choice(TEXTS), self.soak.chance.choice(WHENS))
            time.sleep(after)

    def _log_in(self, tenant: str, *, out_first: bool) -> None:
        """Let a person log in, perhaps after a logout, on a host that always reaches the database."""
        store = self.person.open()
        if out_first:
            store.update(lambda draft: draft.pop(tenant))
        self.vendor.expired_login(store, tenant)
        store.close()

    def _restart(self, end: Callable[[], None]) -> None:
        end()
        time.sleep(0.2)
        self.server.start()


def _during(happens: AbstractContextManager[object], pause: float) -> None:
    with happens:
        time.sleep(pause)


def _stand_still(agent: subprocess.Popen[str], pause: float) -> None:
    agent.send_signal(signal.SIGSTOP)
    time.sleep(pause)
    agent.send_signal(signal.SIGCONT)


@pytest.fixture
def storm(postgres_servers: Servers, schema: str, soak: SoakRun, tmp_path: Path) -> Iterator[DatabaseStorm]:
    server = postgres_servers.make().start()
    place = Place.made(server, schema, tmp_path / "journal")
    with ThreadedIssuer.listening(access_lifetime=LIFETIME) as issuer, ExitStack() as stack:
        slow_down(issuer, 0.3)
        proxies = [stack.enter_context(Proxy(server.ground.place(), server.folder).listening()) for _ in range(2)]
        places = [place.through(proxies[0].folder), place.on_another_host().through(proxies[1].folder)]
        vendor = Vendor(issuer)
        for tenant in TENANTS:
            vendor.expired_login(place.open(), tenant)
        storm = DatabaseStorm(server, place.on_another_host("person"), places, proxies, vendor, soak)
        yield storm
        for agent in storm.agents:
            agent.kill()
            agent.communicate()
    server.remove()


def test_a_database_that_fails(storm: DatabaseStorm, soak: SoakRun, findings: Findings, tmp_path: Path) -> None:
    """No process is killed here, so no answer of the vendor may be lost, and no token posted twice."""
    storm.start(tmp_path / "errors")
    soak.begin(SHARE)
    while soak.runs:
        storm.strike()
        time.sleep(soak.chance.uniform(0.0, 1.5))

    tokens = storm.stop()
    refreshes = check_vendor(storm.vendor.issuer, findings)
    stored = Place.open(storm.places[0]).read()
    for tenant in TENANTS:
        if token_in(stored, tenant).refresh_token.reveal() != storm.vendor.newest(tenant):
            findings.add("the newest login is not stored", tenant)
    assert refreshes > 0
    assert min(tokens) > 0
    findings.check()
