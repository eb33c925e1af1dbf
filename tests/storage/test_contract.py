"""Every backend keeps the promises of `Store`."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.storage import FileStore, MemoryStore, Store
from tests.storage.contract import Clock, StoreContract


class TestFileStore(StoreContract):
    @pytest.fixture
    def store(self, path: Path, clock: Clock) -> Store:
        return FileStore(path, clock=clock)


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self, clock: Clock) -> Store:
        return MemoryStore(clock=clock)
