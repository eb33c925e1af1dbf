"""What several floors share: a clock, an authorization server, a store, MCP servers; and the options of the soak.

Pytest reads options only here, at the top of the tests.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.storage import AsyncStore, FileStore
from tests.support.clock import Clock
from tests.support.mcp_servers import NAMES


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("soak")
    group.addoption("--soak-seconds", type=float, default=60.0, help="how long the whole soak runs, in seconds")
    group.addoption("--soak-seed", type=int, default=None, help="the seed of the soak's chances; printed on failure")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.soak_seed is None:  # the processes of xdist get the options, and with them this seed
        config.option.soak_seed = random.SystemRandom().randrange(10**6)


@pytest.fixture(scope="session")
def urls() -> Iterator[Mapping[str, str]]:
    """Every kind of server, in one process, for all tests."""
    program = Path(__file__).parent / "support/sdk_servers.py"
    with subprocess.Popen([sys.executable, str(program), *NAMES], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def issuer(clock: Clock) -> AsyncIterator[Issuer]:
    async with Issuer.listening(clock=clock) as server:
        yield server


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[AsyncStore]:
    store = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock))
    yield store
    await store.aclose()
