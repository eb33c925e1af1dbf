"""Look at a store for an operator: its versions, the rights of its role, the keys that rows need, and the clocks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import psycopg

from openab_auth.storage.postgres.head import HEAD, HeadCheck
from openab_auth.storage.postgres.local_journal import LocalJournal
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.wire import faults
from openab_auth.storage.postgres.wire.connections import BoundConnection, Connections
from openab_auth.storage.postgres.wire.tables import Tables

_SECONDS: Final = 10.0  # the longest time for all of it
_RIGHTS: Final = {
    "store": ("select", "update"),
    "entries": ("select", "insert", "update", "delete"),
    "records": ("select", "insert", "update", "delete"),
    "leases": ("select", "insert", "update", "delete"),
    "commits": ("select", "insert", "delete"),
}
_HAS_RIGHT: Final = "select has_table_privilege(%s, %s)"
_NEEDED: Final = """
    select key_id, count(*) from
        (select key_id from {schema}.entries union all select key_id from {schema}.records) as every
    group by key_id order by key_id"""


class Inspection(NamedTuple):
    """Hold what the database says about the store.

    `missing_rights` are rights on tables that the role of the URL does not have. `rows_by_key` counts rows by the id of
    the key that encrypts them. `clock_ahead` is how many seconds the clock of this host is ahead of the database's.
    `journal` is the folder of this host's journal, and `is_adopted` is False if that belongs to another store.
    """

    server_version: str
    schema_version: int
    missing_rights: tuple[str, ...]
    rows_by_key: Mapping[str, int]
    clock_ahead: float
    journal: Path
    is_adopted: bool


def inspect(settings: PostgresSettings) -> Inspection:
    """Ask the database, and change nothing.

    Raises:
        StorageError: there is no store, its keys are wrong, or the database could not be asked.
    """
    tables = Tables(settings.options.schema)
    connections = Connections(settings.url)
    try:
        with connections.use(_SECONDS) as connection:
            asked_at = time.time()
            row = connection.execute(tables.sql(HEAD), binary=True).fetchone()
            answered_at = time.time()
            head, _ = HeadCheck(settings, settings.place).check(row)
            missing = []
            for table, rights in _RIGHTS.items():
                name = tables.sql("{schema}.").decode() + table
                for right in rights:
                    found = connection.execute(_HAS_RIGHT, [name, right]).fetchone()
                    missing += [] if found and found[0] else [f"{right} on {table}"]
            rows = count_by_key(connection, tables)
            version = f"PostgreSQL {connection.info.parameter_status('server_version')}"
    except psycopg.Error as error:
        raise faults.unreadable(settings.place, error) from None
    finally:
        connections.close()
    ahead = (asked_at + answered_at) / 2 - head.now
    journal = LocalJournal(settings.journal)
    is_adopted = journal.store_id() in {None, head.id}
    return Inspection(version, head.schema_version, tuple(missing), rows, ahead, journal.folder, is_adopted)


def count_by_key(connection: BoundConnection, tables: Tables) -> Mapping[str, int]:
    """Return how many rows each key encrypts, by its id; the id of rows that are not encrypted is empty."""
    return {str(key_id): int(count) for key_id, count in connection.execute(tables.sql(_NEEDED))}
