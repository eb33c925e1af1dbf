"""Agents and foreign writers renew the same logins and are killed, while people log in and out."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, ThreadedIssuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import AsyncStore, FileStore, TokenEntry, UserId
from tests.soak.faults.commands import ROOT
from tests.soak.oracles import Excuses, Findings, Watch, check_modes, check_vendor
from tests.soak.run import SoakRun
from tests.soak.storm import PATIENCE
from tests.soak.vendors import LIFETIME, forgive_the_last, new_login, slow_down, write_config, write_store

SHARE = 0.08  # of the time, for each of the two
TENANTS = ("one", "two", "three")
LATER = ("busy", "refresh_busy", "store_busy", "vendor_unavailable")  # what a slow machine may say; it passes


@pytest.fixture
def issuer() -> Iterator[ThreadedIssuer]:
    with ThreadedIssuer.listening(access_lifetime=LIFETIME) as issuer:
        slow_down(issuer, 0.05)
        yield issuer


class Programs:
    """Runs agents and foreign writers on one store; what they say goes into one report."""

    def __init__(self, base: Path, issuer: ThreadedIssuer, chance: random.Random) -> None:
        self.base = base
        self.store = base / "agent" / "auth.json"
        self.config = write_config(base / "config.toml", issuer, TENANTS)
        self.running: list[asyncio.subprocess.Process] = []
        self._chance = chance
        self._report = base / "report"
        self._report.touch()

    async def start(self, *, foreign: bool = False) -> None:
        """Start an agent, or a foreign writer."""
        program = ("foreign_writer", CLIENT_ID) if foreign else ("agent", str(self.config))
        with self._report.open("a") as report, (self.base / "err").open("a") as err:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", f"tests.soak.programs.{program[0]}", str(self.store), program[1],
                str(self._chance.randrange(10**6)), *TENANTS,
                cwd=self.base, env={"HOME": str(self.base), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
                stdout=report, stderr=err,
            )  # fmt: skip
        self.running.append(process)

    async def kill(self, process: asyncio.subprocess.Process) -> None:
        """Kill one of them."""
        self.running.remove(process)
        process.kill()
        await process.wait()

    @asynccontextmanager
    async def ending(self) -> AsyncIterator[None]:
        """Kill all of them after the block."""
        try:
            yield
        finally:
            for process in [*self.running]:
                await self.kill(process)

    def said(self) -> list[tuple[str, str]]:
        """Return all outcomes with their tenants; a killed process may leave half a line."""
        lines = self._report.read_text().splitlines()
        return [(tenant, outcome) for tenant, outcome in map(json.loads, filter(_is_whole, lines))]

    async def until_busy(self) -> None:
        """Wait until all of them have something to say."""
        async with asyncio.timeout(PATIENCE):
            while len(self.said()) < 10 * len(self.running):
                assert all(process.returncode is None for process in self.running), self.errors()
                await asyncio.sleep(0.1)

    def errors(self) -> str:
        """Return what the programs wrote to standard error."""
        return (self.base / "err").read_text()[-1000:]


def _is_whole(line: str) -> bool:
    return line.startswith("[") and line.endswith("]") and line.count("[") == 1


def look_at_outcomes(programs: Programs, findings: Findings, *fine: str) -> None:
    """Note every outcome that is neither a token nor one of these codes."""
    for tenant, outcome in programs.said():
        code, _, text = outcome.partition(": ")
        if code not in {"ok", *fine}:
            findings.add(f"a program was told {code}", f"{tenant}: {text}")


class People:
    """Log in and out, one tenant each; `inside` is who was told to be logged in."""

    def __init__(self, logins: Logins, issuer: ThreadedIssuer, chance: random.Random) -> None:
        self._logins = logins
        self._issuer = issuer
        self._chance = chance
        self.inside: set[str] = set()

    async def log_in(self, tenant: str) -> None:
        """Take both steps of a login."""
        offer = await self._logins.begin(tenant, UserId(1))
        paste = await asyncio.to_thread(self._issuer.approve, offer.url, tenant)
        await self._logins.complete(paste, UserId(1))
        self.inside.add(tenant)

    async def come_and_go(self, tenant: str) -> None:
        """Log in and out for ever."""
        while True:
            await asyncio.sleep(self._chance.uniform(0.5, 4))
            if tenant in self.inside and self._chance.random() < 0.5:
                self.inside.discard(tenant)
                await self._logins.logout(await self._logins.account(tenant), revoke=False)
            else:
                await self.log_in(tenant)


async def test_no_family_is_revoked_and_no_login_lost(
    issuer: ThreadedIssuer, base: Path, soak: SoakRun, findings: Findings
) -> None:
    """The vendor forgives a repetition: nobody can save the token in an answer whose reader was killed."""
    forgive_the_last(issuer)
    programs, excuses = Programs(base, issuer, soak.chance), Excuses()
    catalogue = Catalogue.from_config(read_config(programs.config, {}), {})
    driver, store = Driver(), AsyncStore(FileStore(programs.store))
    logins = Logins(catalogue, store, driver)
    people = People(logins, issuer, soak.chance)
    for tenant in TENANTS:
        await people.log_in(tenant)
    with Watch(programs.store, findings):
        async with programs.ending():
            for _ in range(4):
                await programs.start()
            await programs.until_busy()
            walks = [asyncio.create_task(people.come_and_go(tenant)) for tenant in TENANTS]
            soak.begin(SHARE)
            while soak.runs:
                await asyncio.sleep(soak.chance.uniform(0.2, 3.5))
                killing = time.time()
                await programs.kill(soak.chance.choice(programs.running))
                excuses.add(killing, time.time())
                await programs.start()
            for walk in walks:
                walk.cancel()
            ended = await asyncio.gather(*walks, return_exceptions=True)
            killing = time.time()
        excuses.add(killing, time.time())
    await logins.aclose()

    assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended
    look_at_outcomes(programs, findings, *LATER, "not_logged_in")
    assert check_vendor(issuer, findings, excuses) > 0
    inside = {tenant for tenant, entry in (await store.read()).items() if isinstance(entry, TokenEntry)}
    assert inside >= people.inside
    async with TokenSource(FileStore(programs.store), catalogue=catalogue, driver=driver) as source:
        for tenant in inside:
            token = await source.force_refresh(tenant)
            assert issuer.tokens.family_of(token.value.reveal()) is not None
    check_modes(programs.store.parent, findings)
    assert await store.problems() == ()
    await driver.aclose()
    findings.check()


async def test_writers_of_the_agents_own_protocol(
    issuer: ThreadedIssuer, base: Path, soak: SoakRun, findings: Findings
) -> None:
    """Each generation is posted once, by one of ours or one of theirs."""
    programs = Programs(base, issuer, soak.chance)
    write_store(programs.store, {tenant: new_login(issuer, tenant, seconds=-5) for tenant in TENANTS})
    with Watch(programs.store, findings):
        async with programs.ending():
            for number in range(6):
                await programs.start(foreign=number % 2 == 0)
            await programs.until_busy()
            soak.begin(SHARE)
            while soak.runs:
                await asyncio.sleep(0.1)
                if any(process.returncode is not None for process in programs.running):
                    findings.add("a process ended by itself", programs.errors())
                    break

    look_at_outcomes(programs, findings, *LATER)
    assert check_vendor(issuer, findings) > len(TENANTS)
    check_modes(programs.store.parent, findings)
    findings.check()
