"""Run Debian's PostgreSQL in a temporary folder with its own durable settings, or use the server that `--url` names.

Each benchmark makes its stores in schemas of their own, and drops them at the end. The server commits as in
production: `fsync` and `synchronous_commit` are on, and its folder lies on the disk of the temporary folder.
"""

from __future__ import annotations

import argparse
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from openab_auth.storage.options import StoreLocation, StoreOptions
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.opening import PostgresSettings, check_settings
from openab_auth.storage.postgres.sealed.keys import new_key
from openab_auth.storage.postgres.upkeep.making import make_store

PROGRAMS: Final = "/usr/lib/postgresql"
PATIENCE: Final = 30.0  # seconds for the start of a server
KEY_VARIABLE: Final = "OPENAB_AUTH_BENCHMARK_KEY"
SETTINGS: Final = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
}


@dataclass(frozen=True, slots=True)
class Database:
    """A database for benchmarks; processes that a benchmark starts need `environ` to open its stores."""

    url: str
    schemas: list[str] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment of this process, which has the key of the stores."""
        return dict(os.environ)

    def new_store(self, name: str, journal: Path) -> PostgresStore:
        """Make an encrypted store in a schema of its own and return it, as a process on the host of `journal`."""
        schema = f"benchmark_{os.getpid()}_{name}"
        self.schemas.append(schema)
        settings = settings_of(self.url, schema, str(journal))
        make_store(settings)
        store = PostgresStore(settings)
        store.read()
        return store

    def execute(self, statement: str, schema: str = "") -> list[tuple[Any, ...]]:
        """Run one statement in a connection of its own; `{schema}` in it is a name."""
        text = sql.SQL(statement).format(schema=sql.Identifier(schema))
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []


def settings_of(url: str, schema: str, journal: str) -> PostgresSettings:
    """Return the settings of a store of a benchmark, with the key from the environment."""
    options = StoreOptions(schema=schema, keys=(f"benchmark=env:{KEY_VARIABLE}",), journal=journal)
    return check_settings(StoreLocation(url, options), os.environ)


@contextmanager
def database(description: str | None) -> Iterator[Database]:
    """Give a database: that of the argument `--url`, or one of a new server that ends with the block."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--url", help="a database in which the role may create schemas; without it a server is started")
    given = parser.parse_args()
    os.environ[KEY_VARIABLE] = new_key().reveal()
    with database_at(given.url) as found:
        yield found


@contextmanager
def database_at(url: str | None) -> Iterator[Database]:
    """Give the database at this URL, or one of a new server; at the end drop the schemas of the benchmark."""
    if url is None:
        with _server() as own:
            yield Database(own)
        return
    found = Database(url)
    try:
        yield found
    finally:
        for schema in found.schemas:
            found.execute("drop schema {schema} cascade", schema)


@contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="openab-pg-") as folder:
        place, user = Path(folder), _user()
        if user:
            os.chown(place, user["user"], user["group"])
        programs = _programs()
        make: list[str | Path] = [
            programs / "initdb",
            "-D",
            place / "data",
            "--auth=trust",
            "-U",
            "postgres",
            "--encoding=UTF8",
        ]
        subprocess.run(make, check=True, capture_output=True, cwd=place, **user)  # noqa: S603 - our own words
        words = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (place / "log").open("wb") as log:
            server = subprocess.Popen(  # noqa: S603 - our own words
                [programs / "postgres", "-D", place / "data", "-k", place, *words], stdout=log, stderr=log, **user
            )
        try:
            url = f"postgresql://postgres@/postgres?host={place}"
            _wait(url, server, place / "log")
            yield url
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(log.read_text(errors="replace"))
            time.sleep(0.05)
        else:
            return


def _programs() -> Path:
    found = sorted(Path(PROGRAMS).glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        sys.exit("PostgreSQL is not installed; `scripts/setup dev` installs it, or name a database with --url")
    return found[-1]


def _user() -> dict[str, Any]:
    """Return the user for `subprocess`: PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    found = pwd.getpwnam("postgres")
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
