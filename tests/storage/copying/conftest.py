"""A file and a database, for copies both ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.copying.stores import Ground, ground
from tests.support.postgres.server import Server


@pytest.fixture(params=["to PostgreSQL", "to a file"])
def stores(request: pytest.FixtureRequest, postgres: Server, schema: str, tmp_path: Path) -> Iterator[Ground]:
    with ground(postgres, schema, tmp_path, to_file=request.param == "to a file") as found:
        yield found
