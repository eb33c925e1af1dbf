"""The data of a new server, made once per pytest process and copied for each server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import pytest

from tests.support.postgres.ground import Ground, account
from tests.support.postgres.server import DATABASE, OWNER, PASSWORD, ROWS, SUPERUSER, Server

_SETTINGS: Final = """
fsync = off # for speed: a killed server loses nothing, a machine that loses power does
full_page_writes = off
shared_buffers = 8MB
dynamic_shared_memory_type = mmap # in its folder, where it is deleted with the rest
max_connections = 60
listen_addresses = ''
min_wal_size = 2MB
wal_recycle = off
log_line_prefix = '%m [%p] %a '
"""
_ACCESS: Final = """
local all,replication all trust
host all all 127.0.0.1/32 scram-sha-256
hostssl all all 0.0.0.0/0 scram-sha-256
"""
_ROLES: Final = f"""
CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE {ROWS} LOGIN PASSWORD '{PASSWORD}';
CREATE DATABASE {DATABASE} OWNER {OWNER};
"""


@dataclass(frozen=True, slots=True)
class Servers:
    """Make servers whose data is a copy of the pattern. A copy takes 50 ms, `initdb` a second."""

    ground: Ground
    programs: Path
    pattern: Path

    @classmethod
    @contextmanager
    def on_new_ground(cls) -> Iterator[Servers]:
        """Make the pattern in a folder that is deleted afterwards; skip the test where PostgreSQL is missing."""
        if (programs := _programs()) is None:
            pytest.skip("PostgreSQL is not installed; as root on Debian, `scripts/setup dev` installs it")
        with Ground.in_temporary_folder() as ground:
            yield cls(ground, programs, _made(programs, ground.place() / "pattern"))

    def make(self) -> Server:
        """Make a server and do not start it yet."""
        server = Server(self.ground, self.programs, self.ground.place())
        subprocess.run(["cp", "-a", self.pattern, server.data], check=True)
        return server

    def make_on_small_disk(self, folder: Literal["base", "pg_wal"]) -> Server:
        """Make a server with its rows (`base`) or its journal (`pg_wal`) on a disk of 64 MiB of its own.

        While that disk is full, PostgreSQL refuses a statement that needs a new page. Without space for the journal
        it ends, and cannot start.
        """
        server = self.make()
        server.disk = self.ground.disk(64)
        shutil.rmtree(server.data / folder)
        subprocess.run(["cp", "-a", self.pattern / folder, server.disk], check=True)
        (server.data / folder).symlink_to(server.disk / folder)
        return server

    def make_standby(self, primary: Server) -> Server:
        """Make a server that follows `primary` and does not write, and do not start it yet."""
        standby = Server(self.ground, self.programs, self.ground.place())
        words = ["-R", "--no-sync", "-c", "fast", "-d", primary.url(SUPERUSER)]
        _run([self.programs / "pg_basebackup", "-D", standby.data, *words], standby.folder)
        return standby


@cache
def _programs() -> Path | None:
    """Return the folder of the newest PostgreSQL: Debian's, or the first of the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _made(programs: Path, pattern: Path) -> Path:
    words = ["--no-sync", "--wal-segsize=1", "--encoding=UTF8", "--locale=C", "--auth=trust", "-U", SUPERUSER]
    _run([programs / "initdb", "-D", pattern, *words], pattern.parent)
    with (pattern / "postgresql.conf").open("a") as file:
        file.write(_SETTINGS)
    (pattern / "pg_hba.conf").write_text(_ACCESS)
    _run([programs / "postgres", "--single", "-D", pattern, "postgres"], pattern.parent, _ROLES)
    _run([programs / "pg_resetwal", "-D", pattern], pattern.parent)  # leaves one segment, so that a journal can be full
    return pattern


def _run(command: list[str | Path], folder: Path, text: str = "") -> None:
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False, **account())
    assert done.returncode == 0, done.stderr
