"""Stores to copy from and to, with every shape of an entry and every kind of record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from openab_auth.storage import (
    CLIENTS,
    FACTS,
    NOTES,
    SERVERS,
    THREADS,
    AddedServer,
    ClientRecord,
    Draft,
    Entry,
    FileStore,
    Json,
    LoginFacts,
    McpEntry,
    Note,
    Secret,
    SeenThread,
    Store,
    UserId,
)
from openab_auth.storage.contents import Contents, has_refresh_token
from openab_auth.storage.copying import Copied, FileTarget, PostgresTarget, copy_store
from openab_auth.storage.copying.target import CopyTarget
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.upkeep.closing import StoreGate
from tests.storage.entries import pending, token
from tests.support.postgres.server import Server
from tests.support.postgres.stores import make_store, settings_of

REPLY: dict[str, Json] = {
    "access_token": "m",
    "token_type": "bearer",
    "expires_in": 60,
    "refresh_token": "rt-m",
    "scope": "a b",
}
LOGINS: dict[str, Entry] = {
    "codex": token(),
    "codex@work": token("codex@work", "work", extra={"id_token": "x"}),
    "mcp:linear": McpEntry("client", REPLY, ("a", "b"), 1_800_000_000),
    "kimi": token("kimi", "api-key", refresh_token=Secret("")),
}


def fill(store: Store, now: int) -> Contents:
    """Write a login of every shape and a record of most kinds."""

    def write(draft: Draft) -> None:
        draft.update(LOGINS)
        draft["pending:codex:7"] = pending(now)
        draft.records(NOTES)["codex"] = Note(account="ada@example.com", logged_in_by=UserId(7))
        draft.records(FACTS)["codex"] = LoginFacts(("fingerprint",), {"title": "x"})
        draft.records(CLIENTS)["mcp:linear"] = ClientRecord("client", Secret("client-secret"))
        draft.records(SERVERS)["linear"] = AddedServer("https://mcp.example/mcp", UserId(7), 1)
        draft.records(THREADS)["thread:7"] = SeenThread(1, 2, 3, UserId(4))

    store.update(write)
    return Contents.of(store)


@dataclass
class Ground:
    """A file and an empty store in PostgreSQL; `to_file` says which way is copied."""

    file: FileStore
    database: PostgresStore
    settings: PostgresSettings
    to_file: bool

    @property
    def source(self) -> Store:
        return self.database if self.to_file else self.file

    @property
    def place(self) -> str:
        return self.settings.place if self.to_file else str(self.file.path)

    def target(self) -> CopyTarget:
        return FileTarget(self.file) if self.to_file else PostgresTarget(self.settings)

    def copy(self, *, keep_source: bool = False) -> Copied:
        """Copy as a new process does."""
        return copy_store(self.source, self.place, self.target(), keep_source=keep_source)

    def target_contents(self) -> Contents:
        """Return what agents read in the target."""
        return Contents.of(self.file if self.to_file else self.database)

    def is_open(self) -> bool:
        """Return whether agents can refresh logins of the target."""
        if self.to_file:
            return any(map(has_refresh_token, self.file.read().values()))
        with StoreGate(self.settings).locked() as (state, _):
            return state.head.open


@contextmanager
def ground(server: Server, schema: str, folder: Path, *, to_file: bool) -> Iterator[Ground]:
    database = make_store(server, schema, folder / "journal", max_staleness=0.0)
    settings = settings_of(server.url("rows"), schema, folder / "journal", max_staleness=0.0)
    yield Ground(FileStore(folder / "auth.json"), database, settings, to_file)
    database.close()


class Interruption(BaseException):
    """The process ends here."""


class Interrupter:
    """Ends the copy before or after its step number `at`; `steps` counts them."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.steps = 0

    def tick(self) -> None:
        self.steps += 1
        if self.steps == self._at:
            raise Interruption

    @contextmanager
    def active(self) -> Iterator[None]:
        """Count every write of a copy, in both stores and both targets."""
        with (
            self._wrapped(FileStore, "update"),
            self._wrapped(PostgresStore, "update"),
            self._wrapped(FileTarget, "_stage"),
            self._wrapped(StoreGate, "locked"),
            self._wrapped(Path, "unlink"),
        ):
            yield

    @contextmanager
    def _wrapped(self, kind: type, name: str) -> Iterator[None]:
        called = getattr(kind, name)

        def both(*args: Any, **options: Any) -> Any:
            self.tick()
            result = called(*args, **options)
            if name == "locked":
                return self._ticking(result)
            self.tick()
            return result

        with patch.object(kind, name, both):
            yield

    @contextmanager
    def _ticking(self, block: Any) -> Iterator[Any]:
        with block as found:
            yield found
            self.tick()
        self.tick()
