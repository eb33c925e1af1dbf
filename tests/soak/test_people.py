"""People log in, paste, take one another's redirects, cancel, log out and refresh at once, at two bots on one store."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest

from openab_auth.bot.playground.issuer import ThreadedIssuer
from openab_auth.cogs.auth.guard.access import Caller
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService, open_service
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import LoginTakenError
from openab_auth.oauth.flows import LoginOffer, LoginResult
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import FileStore, OpenabAuthError, UserId
from tests.soak.oracles import Findings, Watch, check_modes, check_vendor
from tests.soak.run import SoakRun
from tests.soak.vendors import slow_down, write_config

SHARE = 0.05
ROLE = 7
VENDORS = ("one", "two", "three")
PEOPLE = [Caller(UserId(1)), Caller(UserId(2)), *(Caller(UserId(number), frozenset({ROLE})) for number in range(3, 8))]
STRANGERS = (Caller(UserId(66)), Caller(UserId(67), frozenset({ROLE}), is_bot=True))
T = TypeVar("T")


@pytest.fixture
async def world(base: Path, soak: SoakRun, findings: Findings) -> AsyncIterator[World]:
    with ThreadedIssuer.listening(access_lifetime=125) as issuer:
        slow_down(issuer, 0.01)
        world = World(issuer, base, soak.chance, findings)
        yield world
        await world.aclose()


class World:
    """Two bots on one store, an agent, and the links that people hold."""

    def __init__(self, issuer: ThreadedIssuer, base: Path, chance: random.Random, findings: Findings) -> None:
        self.issuer = issuer
        self.path = base / "agent" / "auth.json"
        self.told: Counter[str] = Counter()
        self._config = read_config(write_config(base / "config.toml", issuer, VENDORS), {})
        self._bots = [_open_bot(self._config, self.path) for _ in range(2)]
        self._agent = TokenSource(FileStore(self.path), catalogue=Catalogue.from_config(self._config, {}))
        self._chance = chance
        self._findings = findings
        self._redirects: dict[tuple[UserId, str], str] = {}

    async def act(self, me: Caller) -> None:
        """Do one thing as this person."""
        bot, vendor = self._chance.choice(self._bots), self._chance.choice(VENDORS)
        doings = {
            self._log_in: 30, self._paste: 20, self._steal: 10, self._cancel: 5, self._log_out: 10, self._look: 5,
            self._intrude: 5, self._use: 15,
        }  # fmt: skip
        (doing,) = self._chance.choices([*doings], [*doings.values()])
        await doing(bot, me, vendor)

    async def aclose(self) -> None:
        """Stop the bots and the agent."""
        await self._agent.aclose()
        for bot in self._bots:
            await bot.aclose()

    async def _try(self, name: str, work: Awaitable[T]) -> T | None:
        """Return the outcome, or None if it was refused."""
        try:
            outcome = await work
        except OpenabAuthError as error:
            self.told[f"{name} {error.code}"] += 1
            return None
        except Exception as error:  # noqa: BLE001 - the finding
            self._findings.add(f"{name} raised {type(error).__name__}", error)
            return None
        self.told[f"{name} ok"] += 1
        return outcome

    async def _log_in(self, bot: AuthService, me: Caller, vendor: str) -> None:
        offer = await self._try("login", self._begin(bot, me, vendor))
        if offer:
            self._redirects[me.user, vendor] = await asyncio.to_thread(self.issuer.approve, offer.url, vendor)

    async def _begin(self, bot: AuthService, me: Caller, vendor: str) -> LoginOffer:
        """Begin a login; half of the people agree to replace the login of another person."""
        try:
            return await bot.login(me, vendor)
        except LoginTakenError as taken:
            if self._chance.random() < 0.5:
                raise
            return await bot.login(me, vendor, replaces=taken.generation)

    async def _paste(self, _bot: AuthService, me: Caller, vendor: str) -> None:
        """Paste the same redirect once or many times at once, at both bots."""
        paste = self._redirects.pop((me.user, vendor), None)
        if paste is None:
            return
        times = self._chance.choice((1, 1, 3, 20))
        outcomes = await asyncio.gather(
            *(
                self._try(
                    "complete", self._chance.choice(self._bots).complete(me, paste, self._chance.choice((vendor, None)))
                )
                for _ in range(times)
            )
        )
        if sum(isinstance(outcome, LoginResult) for outcome in outcomes) > 1:
            self._findings.add("two completes of one paste are told as done")
        code = parse_qs(urlsplit(paste).query)["code"][0]
        if sum(seen.fields.get("code") == code for seen in self.issuer.requests("/token")) > 1:
            self._findings.add("a code was posted twice")

    async def _steal(self, bot: AuthService, me: Caller, _vendor: str) -> None:
        others = [(vendor, paste) for (owner, vendor), paste in self._redirects.items() if owner != me.user]
        if others:
            vendor, paste = self._chance.choice(others)
            if await self._try("steal", bot.complete(me, paste, self._chance.choice((vendor, None)))):
                self._findings.add("another person's redirect was taken")

    async def _cancel(self, bot: AuthService, me: Caller, vendor: str) -> None:
        await self._try("cancel", bot.cancel(me, vendor))

    async def _log_out(self, bot: AuthService, me: Caller, vendor: str) -> None:
        await self._try("logout", bot.logout(me, vendor, revoke=self._chance.random() < 0.5))

    async def _look(self, bot: AuthService, me: Caller, _vendor: str) -> None:
        await self._try("status", bot.status(me))

    async def _use(self, _bot: AuthService, _me: Caller, vendor: str) -> None:
        force = self._chance.random() < 0.3
        await self._try("token", self._agent.force_refresh(vendor) if force else self._agent.get_valid(vendor))

    async def _intrude(self, bot: AuthService, _me: Caller, vendor: str) -> None:
        """Try everything as somebody who may do nothing."""
        paste = "http://localhost:1455/auth/callback?code=abcdefgh1&state=x"
        for stranger in STRANGERS:
            works: tuple[Awaitable[object], ...] = (
                bot.login(stranger, vendor), bot.status(stranger), bot.cancel(stranger, vendor),
                bot.logout(stranger, vendor, revoke=True), bot.complete(stranger, paste),
            )  # fmt: skip
            for work in works:
                if await self._try("stranger", work) is not None:
                    self._findings.add("a stranger was let in")


def _open_bot(config: Config, path: Path) -> AuthService:
    settings = DiscordSettings(allowed_users=frozenset({UserId(1), UserId(2)}), allowed_roles=frozenset({ROLE}))
    bot = open_service(Runtime.open(config, str(path), {}, time.time), settings, closes_runtime=True)
    bot.guard._attempts._limit = 10**9  # the people of a soak never rest
    return bot


async def test_each_paste_is_exchanged_once_and_nobody_elses(world: World, soak: SoakRun, findings: Findings) -> None:
    async def person(me: Caller) -> None:
        while soak.runs or world.told["complete ok"] == 0:
            await world.act(me)
            await asyncio.sleep(soak.chance.uniform(0, 0.01))

    with Watch(world.path, findings):
        soak.begin(SHARE)
        await asyncio.gather(*map(person, [*PEOPLE, *PEOPLE[:3]]))

    check_vendor(world.issuer, findings)
    check_modes(world.path.parent, findings)
    audit = [json.loads(line) for line in world.path.with_name("auth.json.audit.jsonl").read_text().splitlines()]
    done = sum(line["event"] == "complete" and line["outcome"] == "ok" for line in audit)
    assert done == world.told["complete ok"]
    findings.check()
