"""The PostgreSQL store keeps the promises of every backend, encrypted and not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from openab_auth.storage import Store
from tests.storage.contract.store_contract import StoreContract
from tests.support.clock import Clock
from tests.support.postgres.server import Server
from tests.support.postgres.stores import make_store


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, postgres: Server, schema: str, clock: Clock, tmp_path: Path) -> Iterator[Store]:
        store = make_store(postgres, schema, tmp_path / "journal", clock)
        yield store
        store.close()


class TestPlainPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, postgres: Server, schema: str, clock: Clock, tmp_path: Path) -> Iterator[Store]:
        store = make_store(postgres, schema, tmp_path / "journal", clock, keys=(), plaintext=True)
        yield store
        store.close()
