"""Processes that refresh and are killed at random while people log in and out, at a vendor that revokes on reuse.

`OPENAB_SOAK_SECONDS` makes it longer. The vendor forgives the repetition of a refresh for ten seconds, as some do: the
one token that nobody can save is that in an answer whose reader was killed; then the next process asks again at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer, ThreadedIssuer
from oauth.catalogue import Catalogue
from oauth.config import read_config
from oauth.driver import Driver
from oauth.logins import Logins
from oauth.tokens import TokenSource
from storage import AsyncStore, FileStore, TokenEntry, UserId

SECONDS = float(os.environ.get("OPENAB_SOAK_SECONDS", "60"))
ROOT = Path(__file__).parents[2]
VENDORS = ("one", "two", "three")
AGENT = """
import asyncio, json, os, random, sys
from oauth.tokens import TokenSource
from storage import OpenabAuthError, open_store

async def work(tenant):
    used = None
    while True:
        async with TokenSource(open_store(sys.argv[1])) as source:
            for _ in range(random.randint(1, 20)):
                try:
                    if used is not None and random.random() < 0.3:
                        used = await source.force_refresh(tenant, rejected=used)
                    else:
                        used = await source.get_valid(tenant)
                    outcome = "ok"
                except OpenabAuthError as error:
                    used, outcome = None, f"{error.code}: {error}"
                with open(sys.argv[2], "a") as report:
                    report.write(json.dumps([tenant, outcome]) + "\\n")
                await asyncio.sleep(random.uniform(0, 0.3))

async def main():
    await asyncio.gather(*map(work, sys.argv[3:]))

asyncio.run(main())
"""


@pytest.fixture
def issuer() -> Iterator[ThreadedIssuer]:
    with Issuer.in_thread(access_lifetime=122) as issuer:  # two seconds longer than what counts as expired
        issuer.grants.grace = 10
        yield issuer


@pytest.fixture
def config(issuer: ThreadedIssuer, tmp_path: Path) -> Path:
    path = tmp_path / "openab-auth.toml"
    path.write_text(
        "".join(
            f"""
            [vendors.{vendor}]
            authorize_url = "{issuer.authorize_url}"
            token_url = "{issuer.token_url}"
            client_id = "{CLIENT_ID}"
            redirect_uri = "{REDIRECT_URI}"
            scopes = ["offline_access"]
            """
            for vendor in VENDORS
        )
    )
    return path


class People:
    """Log in and out, one vendor each; `inside` is who is logged in."""

    def __init__(self, logins: Logins, issuer: ThreadedIssuer, chance: random.Random) -> None:
        self._logins = logins
        self._issuer = issuer
        self.inside: set[str] = set()
        self._chance = chance

    async def log_in(self, vendor: str) -> None:
        offer = await self._logins.begin(vendor, UserId(1))
        paste = await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(self._issuer.issuer.approve(offer.url), self._issuer._loop)
        )
        await self._logins.complete(paste, UserId(1))
        self.inside.add(vendor)

    async def come_and_go(self, vendor: str) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(1, 6))
            if vendor in self.inside and self._chance.random() < 0.5:
                self.inside.discard(vendor)
                await self._logins.logout(vendor, revoke=False)
            else:
                await self.log_in(vendor)


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 120)
async def test_no_family_is_revoked_and_no_login_lost(issuer: ThreadedIssuer, config: Path, tmp_path: Path) -> None:
    chance = random.Random()  # noqa: S311 - no secret
    path, report = tmp_path / "auth.json", tmp_path / "report"
    catalogue = Catalogue.from_config(read_config(config, {}), {})
    driver, store = Driver(), AsyncStore(FileStore(path))
    logins = Logins(catalogue, store, driver)
    people = People(logins, issuer, chance)
    for vendor in VENDORS:
        await people.log_in(vendor)
    environ = os.environ | {"PYTHONPATH": str(ROOT), "OPENAB_AUTH_CONFIG": str(config)}

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", AGENT, str(path), str(report), *VENDORS, env=environ
        )

    agents = [await start() for _ in range(4)]
    walks = [asyncio.create_task(people.come_and_go(vendor)) for vendor in VENDORS]
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                await asyncio.sleep(chance.uniform(0.2, 3.5))
                victim = agents.pop(chance.randrange(len(agents)))
                victim.kill()
                await victim.wait()
                agents.append(await start())
    except TimeoutError:
        pass
    finally:
        for walk in walks:
            walk.cancel()
        ended = await asyncio.gather(*walks, return_exceptions=True)
        for agent in agents:
            agent.send_signal(signal.SIGKILL)
            await agent.wait()
    await logins.aclose()

    assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended
    told = [json.loads(line) for line in report.read_text().splitlines()]
    assert [each for each in told if each[1] != "ok" and not each[1].startswith("not_logged_in")] == []
    assert sum(family.refreshes for family in issuer.families) > SECONDS / 20
    inside = {tenant for tenant, entry in (await store.read()).items() if isinstance(entry, TokenEntry)}
    async with TokenSource(FileStore(path), catalogue=catalogue) as source:
        for tenant in inside:
            token = await source.force_refresh(tenant)
            assert issuer.grants.family_of(token.value.reveal()) is not None
    assert not any(family.revoked or family.reuses for family in issuer.families)
    assert inside >= people.inside
    assert await store.problems() == ()
    await driver.aclose()
