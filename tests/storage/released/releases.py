"""Stores as each released version wrote them; `scripts/released-store` runs this module for the version of today.

A folder has the files of a file store (with a spill), the rows of a database as SQL, a backup of each, and what the
version itself read in them. A folder is never written again: later versions must read what this one wrote.
"""

from __future__ import annotations

import json
import sys
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from openab_auth.storage import (
    CLIENTS,
    FACTS,
    KEYS,
    NOTES,
    REQUESTS,
    SERVERS,
    THREADS,
    AddedServer,
    Agreement,
    BrokerKey,
    ClientRecord,
    DeadToken,
    Draft,
    FileStore,
    Json,
    Limit,
    LoginFacts,
    LoginRequest,
    McpEntry,
    Note,
    Policies,
    RefreshAttempt,
    RequestMessage,
    Secret,
    SeenThread,
    Store,
    StoreLocation,
    StoreOptions,
    Subject,
    Tenant,
    ThreadChoices,
    ThreadId,
    UserId,
)
from openab_auth.storage.backups.backup_file import read_backup, write_backup
from openab_auth.storage.backups.taking import back_up_database, back_up_file
from openab_auth.storage.contents import Contents
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.opening import PostgresSettings, check_settings
from openab_auth.storage.postgres.upkeep import making
from tests.storage.entries import NOW, pending, token, token_in
from tests.support.postgres.pattern import Servers
from tests.support.postgres.server import Server

FOLDER: Final = Path(__file__).parent
RELEASES: Final = sorted(place for place in FOLDER.iterdir() if (place / "expected-file.json").exists())
KEY: Final = "b3BlbmFiLWF1dGggdGVzdCBrZXksIG5vdCBhIHNlY3I="  # of the stores in these folders alone
MARK: Final[dict[str, Json]] = {"later": [1, {"of": "another program"}], "n": None}
REPLY: Final[dict[str, Json]] = {
    "access_token": "at-linear",
    "token_type": "bearer",
    "expires_in": 3600,
    "refresh_token": "rt-linear",
    "scope": "read write",
    "vendors_own": True,
}
_TABLES: Final = ("store", "entries", "records", "leases", "commits")


def fill(draft: Draft) -> None:
    """Write an entry of every shape, and a record of every kind."""
    thread = ThreadId(9)
    draft["lab"] = token("lab", "lab", extra=MARK)
    draft["codex@work"] = token("codex@work", "work", extra={"id_token": "x.y.z"})
    draft["kimi"] = token("kimi", "api-key", refresh_token=Secret(""))
    draft["mcp:linear"] = McpEntry("client", REPLY, ("read", "write"), NOW, "https://as.example", extra=MARK)
    draft["pending:codex:7"] = pending()
    draft.records(NOTES)["lab"] = Note(
        account="ada@example.com",
        logged_in_by=UserId(7),
        logged_in_at=NOW,
        scopes=("openid",),
        generation="g-1",
        attempt=RefreshAttempt("f" * 64, NOW - 5.0, "no answer", answered=False, failures=1, not_before=NOW - 1.0),
        subject=Subject({"sub": "0" * 64}, Secret("rt-lab").fingerprint()),
    )
    draft.records(NOTES)["kimi"] = Note(dead=DeadToken("f" * 64, "it was revoked", NOW, told=True), left_at=NOW)
    draft.records(FACTS)["lab"] = LoginFacts((Secret("rt-lab").fingerprint(),), {"title": "Lab", "client_id": "c"})
    draft.records(CLIENTS)["mcp:linear"] = ClientRecord(
        "client", Secret("cs-linear"), 0, {"issuer": "https://as.example"}
    )
    draft.records(SERVERS)["linear"] = AddedServer("https://mcp.example/mcp", UserId(7), NOW)
    draft.records(THREADS)["policy:1"] = Policies("shared", {2: "personal"}, {3: "shared"})
    draft.records(THREADS)["thread:9"] = SeenThread(1, 2, 3, UserId(7))
    draft.records(THREADS)["choice:9"] = ThreadChoices({"codex": "work"})
    draft.records(THREADS)["agreement:7"] = Agreement(frozenset({thread}), all_own=True)
    message = RequestMessage(11, 12, "why")
    draft.records(REQUESTS)["9:codex"] = LoginRequest("r1", thread, Tenant("codex"), "codex", "why", NOW, message)
    draft.records(REQUESTS)["limit:codex"] = Limit(Tenant("codex"), NOW + 60)
    draft.records(KEYS)["ci"] = BrokerKey("0" * 64, ("codex",), thread, NOW + 99, NOW)


def settings_in(server: Server, schema: str, journal: Path, role: str = "rows") -> PostgresSettings:
    options = StoreOptions(schema=schema, keys=("released=env:KEY",), journal=str(journal), max_staleness=0.0)
    return check_settings(StoreLocation(server.url(role), options), {"KEY": KEY})


def load(server: Server, schema: str, release: Path) -> None:
    """Make the tables and rows that a release wrote."""
    text = (release / "database.sql").read_text().replace("{schema}", schema)
    with psycopg.connect(server.url("owner"), autocommit=True) as connection:
        connection.execute(text.encode())
    server.let_change_rows(schema)


def write(release: Path) -> None:
    """Write the stores of this version into a new folder."""
    (release / "file").mkdir(parents=True)
    file = FileStore(release / "file/auth.json", clock=lambda: NOW)
    file.update(fill)
    back_up_file(file, release / "file.backup", version=release.name, clock=lambda: NOW)
    assert file.spill("codex@work", token("codex@work", "spilled"), token_in(file.read(), "codex@work"))
    _write_expected(release / "expected-file.json", file)
    for lock in (release / "file").glob("*.lock"):
        lock.unlink()
    with tempfile.TemporaryDirectory() as journal, Servers.on_new_ground() as servers:
        server = servers.make().start()
        settings = settings_in(server, "released", Path(journal), "owner")
        making.make_store(settings)
        database = PostgresStore(settings, clock=lambda: NOW)
        database.update(fill)
        _write_expected(release / "expected-database.json", database)
        database.close()
        (release / "database.sql").write_text(_dump(server))  # before the clock of the database ends a pending login
        back_up_database(settings, release / "database.backup", version=release.name, clock=lambda: NOW)
    for backup in ("file.backup", "database.backup"):
        leave_out_place(release / backup)


def leave_out_place(path: Path) -> None:
    """Write a backup again without the place of its store, which was a folder of this machine."""
    backup = replace(read_backup(path), place="a released store")
    path.unlink()
    write_backup(path, backup)
    path.chmod(0o644)


def _write_expected(path: Path, store: Store) -> None:
    path.write_text(json.dumps(Contents.of(store).to_json(), indent=1) + "\n")


def _dump(server: Server) -> str:
    """Return the statements that make the tables and their rows; `{schema}` stands for the schema."""
    statements = ["create schema {schema};\n", Path(making.__file__).with_name("schema.sql").read_text()]
    with psycopg.connect(server.url("owner")) as connection:
        for table in _TABLES:
            cursor = connection.execute(sql.SQL("select * from released.{}").format(sql.Identifier(table)))
            assert cursor.description is not None
            columns = [column.name for column in cursor.description if column.name != "position"]
            at = [index for index, column in enumerate(cursor.description) if column.name != "position"]
            for row in cursor.fetchall():
                values = sql.SQL(", ").join(sql.Literal(row[index]) for index in at).as_string(connection)
                statements.append(f"insert into {{schema}}.{table} ({', '.join(columns)}) values ({values});\n")
    return "".join(statements)


if __name__ == "__main__":
    version = tomllib.loads((FOLDER.parents[2] / "pyproject.toml").read_text())["project"]["version"]
    if (FOLDER / version).exists():
        sys.exit(f"scripts/released-store: {version} is there already, and is never written again")
    write(FOLDER / version)
    print(f"scripts/released-store: wrote tests/storage/released/{version}; commit it")
