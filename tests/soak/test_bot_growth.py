"""A bot that people use without a pause grows without bound in nothing: memory, descriptors, tasks, series."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from openab_auth.bot.playground.discord import ActionRefusedError, EmbeddedDiscord, Modal, Person
from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from tests.soak.run import SoakRun
from tests.support.patience import PATIENCE

SHARE: Final = 1 / 3  # of the time; ten minutes with --soak-seconds 1800
AT_ONCE: Final = 4  # people
ROUNDS: Final = 8  # at least, however slow the machine is
LABELS: Final = ("work", "home", "lab")
MORE_MEMORY: Final = 12 * 2**20  # bytes from the half of the time to its end
MORE_DESCRIPTORS: Final = 8
MORE_TASKS: Final = 4
MOST_SERIES: Final = 250  # all outcomes of one vendor
ONE_ARENA: Final = {"MALLOC_ARENA_MAX": "1"}  # glibc keeps what threads have freed, in up to eight arenas a core
LIFETIME: Final = 125  # seconds of a token, so that it is renewed again and again


class Size(NamedTuple):
    """What a bot takes."""

    memory: float
    descriptors: float
    tasks: float
    series: int

    @classmethod
    def of(cls, scrape: Mapping[tuple[str, tuple[tuple[str, str], ...]], float]) -> Size:
        values = {name: value for (name, labels), value in scrape.items() if not labels}
        names = ("process_resident_memory_bytes", "process_open_fds", "openab_auth_tasks")
        memory, descriptors, tasks = (values[name] for name in names)
        return cls(memory, descriptors, tasks, len(scrape))


class BusyBot:
    """A bot in its own process, with people who use it; `rounds` counts what they did."""

    def __init__(self, discord: EmbeddedDiscord, issuer: Issuer, url: str, log: Path) -> None:
        self._people = [discord.person(f"person{number}") for number in range(60)]
        self._issuer = issuer
        self._url = url
        self.rounds = 0
        self.log = log

    async def round(self) -> None:
        """Log in, paste nonsense and the redirect, look, cancel and log out, as the next person."""
        person, label = self._people[self.rounds % len(self._people)], LABELS[self.rounds % len(LABELS)]
        self.rounds += 1
        try:
            await self._log_in(person, label)
            await (await person.slash("auth status")).settled()
            await (await person.slash("auth cancel")).settled()
            question = await (await person.slash("auth logout", vendor="lab", account=label)).settled()
            await person.press(question, "Remove it here")
        except (ActionRefusedError, LookupError):
            return  # the bot has refused a person who tries too often, and its answer has no such button

    async def _log_in(self, person: Person, label: str) -> None:
        card = await (await person.slash("auth login", vendor="lab", account=label)).settled()
        redirect = await self._issuer.approve(card.link_buttons[0], f"{label}@example.com")
        for paste in ("nonsense", redirect):
            modal = await person.press(card, "Paste it here")
            if isinstance(modal, Modal):
                await (await modal.submit(paste)).settled()

    async def size(self) -> Size:
        """Return what the bot takes now."""
        async with aiohttp.ClientSession() as http, http.get(f"{self._url}/metrics") as reply:
            families = text_string_to_metric_families(await reply.text())
            return Size.of({
                (sample.name, tuple(sample.labels.items())): sample.value
                for family in families
                for sample in family.samples
            })  # fmt: skip

    async def rested(self, most: float) -> Size:
        """Return what the bot takes as soon as its tasks are few again."""
        async with asyncio.timeout(PATIENCE):
            while (found := await self.size()).tasks > most:
                await asyncio.sleep(0.2)
        return found


@pytest.fixture
async def bot(base: Path) -> AsyncIterator[BusyBot]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    async with EmbeddedDiscord.listening() as discord, Issuer.listening(access_lifetime=LIFETIME) as issuer:
        config = base / "config.toml"
        config.write_text(f"""
            [discord]
            api_base = "{discord.api_base}"
            allow_all_users = true
            [bot]
            health = "{address}"
            [auth]
            vendors = ["lab"]
            [vendors.lab]
            authorize_url = "{issuer.authorize_url}"
            token_url = "{issuer.token_url}"
            client_id = "{CLIENT_ID}"
            redirect_uri = "{REDIRECT_URI}"
            scopes = ["offline_access"]
        """)
        config.chmod(0o600)
        with (base / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                Path(sys.executable).with_name("openab-auth"), "run", "--config", str(config),
                "--store", str(base / "agent/auth.json"), cwd=base,
                env={
                    "HOME": str(base), "PATH": os.environ["PATH"], "DISCORD_TOKEN": discord.bot_token, **ONE_ARENA,
                },
                stderr=log,
            )  # fmt: skip
        try:
            busy = BusyBot(discord, issuer, f"http://{address}", base / "log")
            await _until_ready(busy, process)
            yield busy
        finally:
            process.terminate()
            await process.wait()


async def _until_ready(bot: BusyBot, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as http:
        while process.returncode is None:
            try:
                async with http.get(f"{bot._url}/readyz") as reply:
                    if reply.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError(bot.log.read_text())


async def test_nothing_of_a_busy_bot_grows_without_bound(bot: BusyBot, soak: SoakRun) -> None:
    at_rest = await bot.size()
    soak.begin(SHARE)
    half: Size | None = None

    async def use() -> None:
        while soak.runs or bot.rounds < ROUNDS:
            await bot.round()

    async with asyncio.TaskGroup() as people:
        for _ in range(AT_ONCE):
            people.create_task(use())
        while not soak.past(0.5):
            await asyncio.sleep(0.1)
        half = await bot.size()
    end = await bot.rested(at_rest.tasks + MORE_TASKS)
    print(f"{bot.rounds} rounds: at rest {at_rest}, at half {half}, at the end {end}")

    assert end.memory - half.memory < MORE_MEMORY
    assert end.descriptors - at_rest.descriptors <= MORE_DESCRIPTORS
    assert end.series < MOST_SERIES
