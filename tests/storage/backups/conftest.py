"""Stores to back up, one of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from openab_auth.storage import FileStore
from tests.storage.backups.grounds import Ground
from tests.support.postgres.server import Server
from tests.support.postgres.stores import make_store, settings_of


@pytest.fixture
def in_file(tmp_path: Path) -> Ground:
    return Ground(FileStore(tmp_path / "agent/auth.json"), tmp_path)


@pytest.fixture
def in_database(postgres: Server, schema: str, tmp_path: Path) -> Iterator[Ground]:
    store = make_store(postgres, schema, tmp_path / "journal", max_staleness=0.0)
    settings = settings_of(postgres.url("rows"), schema, tmp_path / "journal", max_staleness=0.0)
    ground = Ground(store, tmp_path, settings)
    yield ground
    ground.close()


@pytest.fixture(params=["in_file", "in_database"])
def ground(request: pytest.FixtureRequest) -> Ground:
    found: Ground = request.getfixturevalue(request.param)
    return found
