"""A stranger's server, and the objects that talk to it, in real time and without certificates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.mcp import Fetch
from openab_auth.oauth.vendors import McpServer
from openab_auth.storage import FileStore
from openab_auth.storage.async_store import AsyncStore
from tests.oauth.mcp.stranger import LOOPBACK, Stranger, listening


@pytest.fixture
async def stranger() -> AsyncIterator[Stranger]:
    async with listening() as stranger:
        yield stranger


@pytest.fixture
def server(stranger: Stranger) -> McpServer:
    return McpServer("lab", stranger.mcp, network_policy=LOOPBACK)


@pytest.fixture
async def driver(request: pytest.FixtureRequest) -> AsyncIterator[Driver]:
    """Return a driver with a short deadline if the test wants it; loading certificates would take a while."""
    limits = httpx2.Limits(max_keepalive_connections=0)
    transport = httpx2.AsyncHTTPTransport(verify=False, limits=limits)
    driver = Driver(transport, deadline=getattr(request, "param", 8.0))
    yield driver
    await driver.aclose()


@pytest.fixture
def fetch(driver: Driver) -> Fetch:
    return Fetch(driver.http(LOOPBACK), "mcp:lab", "lab", deadline=driver.deadline)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[AsyncStore]:
    """Return a store in real time, as the servers of these tests need it."""
    store = AsyncStore(FileStore(tmp_path / "auth.json"))
    yield store
    await store.aclose()
