"""Added servers in their own store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openab_auth.oauth.mcp.added_servers import AddedServers
from openab_auth.storage import AsyncStore, FileStore
from tests.oauth.mcp.added.added_servers import CONFIG, of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.json"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[AsyncStore]:
    store = AsyncStore(FileStore(path))
    yield store
    await store.aclose()


@pytest.fixture
def added(store: AsyncStore) -> AddedServers:
    return of(CONFIG, store)
