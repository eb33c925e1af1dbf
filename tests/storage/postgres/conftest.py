"""Stores in PostgreSQL, servers of their own, and what can stand between a store and its server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openab_auth.storage import Store
from tests.storage.postgres.places import Place
from tests.support.postgres.pattern import Servers
from tests.support.postgres.pgbouncer import start_pgbouncer
from tests.support.postgres.proxy import Proxy
from tests.support.postgres.server import Server

Opener = Callable[..., Store]


@pytest.fixture
def server(postgres_servers: Servers) -> Iterator[Server]:
    """Start a server of this test alone."""
    server = postgres_servers.make().start()
    yield server
    server.remove()


@pytest.fixture
def proxy(postgres: Server) -> Iterator[Proxy]:
    """Start a proxy in front of the server that the tests share."""
    with Proxy(postgres.ground.place(), postgres.folder).listening() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def pgbouncer(postgres: Server) -> Path:
    """Start PgBouncer in front of the server that the tests share; return the folder of its socket."""
    return start_pgbouncer(postgres)


@pytest.fixture
def place(postgres: Server, schema: str, tmp_path: Path) -> Place:
    """Make a store in the server that the tests share."""
    return Place.made(postgres, schema, tmp_path / "journal")


@pytest.fixture
def own_place(server: Server, schema: str, tmp_path: Path) -> Place:
    """Make a store in a server of this test alone."""
    return Place.made(server, schema, tmp_path / "journal")
