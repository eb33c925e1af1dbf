"""One real PostgreSQL server, and what can happen to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import psycopg

from tests.support.patience import PATIENCE
from tests.support.postgres.ground import Ground, wait_until
from tests.support.postgres.reaper import end_all, processes_in

SUPERUSER: Final = "postgres"
OWNER: Final = "owner"  # creates schemas and tables
ROWS: Final = "rows"  # has no right until a test grants it
PASSWORD: Final = "password-of-a-role"  # of both, for connections over TCP
DATABASE: Final = "auth"


@dataclass
class Server:
    """A server whose folder has the data, the log and the socket.

    `disk` has its rows or its journal of changes (WAL) alone, and can be full. `prefix` starts it on another host.
    """

    ground: Ground
    programs: Path
    folder: Path
    disk: Path | None = None
    prefix: tuple[str, ...] = ()
    database: str = DATABASE
    _process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> str:
        """Return what the server wrote, including statements where it logs them."""
        return (self.folder / "log").read_text(errors="replace")

    def start(self, **settings: str) -> Server:
        """Start with these settings and wait until the server takes connections, or refuses them as a standby may."""
        assert self._process is None
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command: list[str | Path] = [
            *self.prefix,
            self.programs / "postgres",
            "-D",
            self.data,
            "-k",
            self.folder,
            *words,
        ]
        process = self.ground.start(command, self.folder, as_root=bool(self.prefix))
        known = {(process.pid, "ready"), (process.pid, "standby")}
        wait_until(lambda: self._state() in known or process.poll() is not None, self.folder / "log")
        assert process.poll() is None, self.log[-2000:]
        self._process = process
        return self

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Close every connection and stop; with SIGQUIT, the next start repairs as after a crash."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(PATIENCE)
        self._process = None

    def kill(self) -> None:
        """Kill every process of the server at once, as the kernel does without memory."""
        assert self._process is not None
        end_all(self.data)
        self._process.wait(PATIENCE)
        self._process = None
        with suppress(FileNotFoundError):  # it had ended by itself
            memory = (self.data / "postmaster.pid").read_text().splitlines()[6].split()[1]
            subprocess.run(["ipcrm", "-m", memory], check=True)  # it stays otherwise, unless this server starts again

    def remove(self) -> None:
        """End the server if it runs, and delete its data."""
        if self._process is not None:
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.data)

    @contextmanager
    def frozen(self, application: str | None = None) -> Iterator[None]:
        """Stop the server, or only the processes that serve `application`; let them continue afterwards."""
        stopped = processes_in(self.data) if application is None else self.backends(application)
        assert stopped
        try:
            _send(signal.SIGSTOP, stopped)
            yield
        finally:
            _send(signal.SIGCONT, stopped)

    @contextmanager
    def configured(self, **settings: str) -> Iterator[None]:
        """Change settings of the running server, also for connections that are open; undo it afterwards."""
        for name, value in settings.items():
            self.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self._reload(*settings, changed=True)
        try:
            yield
        finally:
            for name in settings:
                self.execute(f"ALTER SYSTEM RESET {name}")
            self._reload(*settings, changed=False)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Take every connection that a role may have; only the superuser gets one then."""
        taken: list[psycopg.Connection[Any]] = []
        try:
            while True:
                try:
                    taken.append(psycopg.connect(self.url(application_name="filler")))
                except psycopg.OperationalError:
                    break
            yield
        finally:
            for connection in taken:
                connection.close()

    @contextmanager
    def disk_full(self, *, leave: int = 0) -> Iterator[None]:
        """Fill the disk of a server that was made with one, except for `leave` bytes; empty it afterwards."""
        assert self.disk is not None
        self.execute("SELECT 1")  # the first connection after a start writes a file
        filler = self.disk / "filler"
        found = os.statvfs(self.disk)
        filler.write_bytes(bytes(max(found.f_bavail * found.f_frsize - leave, 0)))
        try:
            yield
        finally:
            filler.unlink()

    def url(self, role: str = OWNER, *, host: Path | str | None = None, **parameters: str) -> str:
        """Return the URL of the database for a role, through the server's socket or the one of a proxy in `host`."""
        query = urlencode({"host": str(host or self.folder)} | parameters, quote_via=quote)
        return f"postgresql://{role}@/{self.database}?{query}"

    def execute(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement as the superuser, in a connection of its own, and return the rows."""
        url = self.url(SUPERUSER, application_name="tests")
        with psycopg.connect(url, autocommit=True, connect_timeout=int(PATIENCE)) as connection:
            cursor = connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def backends(self, application: str) -> list[int]:
        """Return the server's processes that serve the connections of an application."""
        found = self.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", application)
        return [pid for (pid,) in found]

    def connections(self) -> list[tuple[str, str]]:
        """Return the application and the state of every connection of the two roles."""
        return self.execute(
            "SELECT application_name, state FROM pg_stat_activity WHERE usename IN (%s, %s) ORDER BY pid", OWNER, ROWS
        )

    def let_change_rows(self, schema: str, role: str = ROWS) -> None:
        """Give a role rights on the rows of a schema, and none on its tables."""
        self.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        self.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}")

    def dump(self, schema: str) -> str:
        """Return the output of pg_dump for a schema."""
        command: list[str | Path] = [self.programs / "pg_dump", "--inserts", "-n", schema, self.url(SUPERUSER)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def files(self) -> bytes:
        """Return all bytes of the server's files, its journal of changes (WAL) included, after a checkpoint."""
        self.execute("CHECKPOINT")
        return b"".join(path.read_bytes() for path in self.data.rglob("*") if path.is_file())

    def _reload(self, *names: str, changed: bool) -> None:
        self.execute("SELECT pg_reload_conf()")
        asked = "SELECT count(*) FROM pg_settings WHERE name = ANY(%s) AND sourcefile LIKE '%%postgresql.auto.conf'"
        wanted = len(names) if changed else 0
        wait_until(lambda: self.execute(asked, list(names)) == [(wanted,)], self.folder / "log")

    def _state(self) -> tuple[int, str]:
        """Return the server's process, and what it says about itself: starting, ready, standby or stopping."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return 0, ""
        return (int(lines[0]), lines[7].strip()) if len(lines) > 7 else (0, "")


def _send(number: signal.Signals, processes: list[int]) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
