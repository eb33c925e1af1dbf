"""Agent processes at one login, whose vendor rotates refresh tokens and revokes the login on reuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, ThreadedIssuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import CONSOLE, AsyncStore, FileStore
from tests.oauth.tokens.agents.agents import Agent, expire


@pytest.fixture(scope="module")
def issuer() -> Iterator[ThreadedIssuer]:
    with ThreadedIssuer.listening() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def config(issuer: ThreadedIssuer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("races") / "openab-auth.toml"
    path.write_text(
        f"""
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["offline_access"]
        """
    )
    return path


@pytest.fixture(scope="module")
def start(config: Path) -> Iterator[Callable[[int], list[Agent]]]:
    """Start agents that have already imported everything that a waiting agent needs."""
    started: list[Agent] = []

    def start(count: int) -> list[Agent]:
        agents = [Agent(config) for _ in range(count)]
        started.extend(agents)
        assert [agent.line() for agent in agents] == ["ready"] * count
        return agents

    yield start
    for agent in started:
        agent.close()


@pytest.fixture(scope="module")
def fleet(start: Callable[[int], list[Agent]]) -> list[Agent]:
    return start(8)


@pytest.fixture
def store(tmp_path: Path, config: Path, issuer: ThreadedIssuer) -> FileStore:
    """Make a new login at `lab` with an expired access token; forget earlier requests."""
    store = FileStore(tmp_path / "auth.json")

    async def log_in() -> None:
        driver = Driver()
        logins = Logins(Catalogue.from_config(read_config(config, {}), {}), AsyncStore(store), driver)
        offer = await logins.begin("lab", CONSOLE)
        await logins.complete(await asyncio.to_thread(issuer.approve, offer.url), CONSOLE)
        await logins.aclose()
        await driver.aclose()

    asyncio.run(log_in())
    expire(store)
    issuer.faults.clear()
    issuer.issuer._seen.clear()
    return store
