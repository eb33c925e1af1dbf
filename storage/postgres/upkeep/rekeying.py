"""Encrypt all rows of a store with its first key, in small batches, while bots and agents work with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg

from openab_auth.storage.errors import DamagedRowError, NoStoreKeysError, UnknownStoreKeyError
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.sealed.cipher import PLAIN, Cipher, key_check, verify_key_check
from openab_auth.storage.postgres.upkeep.inspection import count_by_key
from openab_auth.storage.postgres.wire import faults
from openab_auth.storage.postgres.wire.connections import BoundConnection, Connections
from openab_auth.storage.postgres.wire.message import send_together
from openab_auth.storage.postgres.wire.tables import LIMITS, Tables

BATCH: Final = 100  # rows; a commit of a bot waits for one batch, some milliseconds
_SECONDS: Final = 10.0  # the longest time for one batch
_STORE: Final = "select id, key_check from {schema}.store for update"
_KEEP_CHECK: Final = "update {schema}.store set key_check = %s"


class _Table(NamedTuple):
    """A table with encrypted rows: its name, and its statements."""

    name: str
    read: str
    write: str


_TABLES: Final = (
    _Table(
        "entries",
        """select kind, key, entry, key_id from {schema}.entries
        where key_id <> %(first)s and key > %(key)s order by key limit %(most)s""",
        "update {schema}.entries set entry = %s, key_id = %s where kind = %s and key = %s",
    ),
    _Table(
        "records",
        """select kind, key, record, key_id from {schema}.records
        where key_id <> %(first)s and (kind, key) > (%(kind)s, %(key)s) order by kind, key limit %(most)s""",
        "update {schema}.records set record = %s, key_id = %s where kind = %s and key = %s",
    ),
)


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """The number of rows that were encrypted again, the damaged rows, and how many rows need which other key."""

    rows: int = 0
    damaged: tuple[str, ...] = ()
    other_keys: Mapping[str, int] = field(default_factory=dict)


class Rekeying:
    """One run over all rows. It can be interrupted at any moment: the next run finds the rows that are left.

    A row keeps its text and its generation, so no login of an agent counts as changed.
    """

    def __init__(self, settings: PostgresSettings, *, batch: int = BATCH) -> None:
        self._settings = settings
        self._batch = batch
        self._place = settings.place
        self._tables = Tables(settings.options.schema)
        self._connections = Connections(settings.url)

    def run(self) -> Rekeyed:
        """Encrypt every row that the first key does not encrypt yet.

        Raises:
            NoStoreKeysError: the settings have no key.
            UnknownStoreKeyError, WrongStoreKeyError: a key that rows need is missing or wrong; nothing was changed.
            StorageError: the database refused; the rows so far are encrypted with the first key.
        """
        if self._settings.keys is None:
            raise NoStoreKeysError
        first, rows, damaged = self._settings.keys.first, 0, list[str]()
        try:
            self._begin()
            for table in _TABLES:
                kind, key = "", ""
                while True:
                    found = self._encrypt_batch(table, kind, key, damaged)
                    rows += len(found)
                    if not found:
                        break
                    kind, key = found[-1]
            other_keys = self._end(first)
        except psycopg.Error as error:
            raise faults.unwritable(self._place, error, _SECONDS) from None
        finally:
            self._connections.close()
        return Rekeyed(rows - len(damaged), tuple(damaged), other_keys)

    def _begin(self) -> None:
        """Check that every needed key is there; from now on the store knows all keys of the settings."""
        with self._locked() as (connection, cipher):
            for key_id in count_by_key(connection, self._tables):
                if key_id != PLAIN and key_id not in cipher.key_ids:
                    raise UnknownStoreKeyError(key_id)
            connection.execute(self._tables.sql(_KEEP_CHECK), [key_check(cipher)])

    def _encrypt_batch(self, table: _Table, kind: str, key: str, damaged: list[str]) -> list[tuple[str, str]]:
        """Encrypt the next rows after this one, and return their kinds and keys."""
        with self._locked() as (connection, cipher):
            values: dict[str, Any] = {"first": cipher.key_id, "kind": kind, "key": key, "most": self._batch}
            rows = connection.execute(self._tables.sql(table.read), values, binary=True).fetchall()
            writes: list[tuple[bytes, Sequence[Any]]] = []
            for row_kind, row_key, sealed, key_id in rows:
                try:
                    text = cipher.open(table.name, row_kind, row_key, sealed, key_id)
                except DamagedRowError as error:
                    damaged.append(error.happened)
                    continue
                again, first = cipher.seal(table.name, row_kind, row_key, text)
                writes.append((self._tables.sql(table.write), (again, first, row_kind, row_key)))
            if writes:
                send_together(connection, writes)
        return [(row[0], row[1]) for row in rows]

    def _end(self, first: str) -> Mapping[str, int]:
        """Return the rows of other keys; the store forgets the keys that no row needs any more."""
        with self._locked() as (connection, cipher):
            other = {
                key_id: count for key_id, count in count_by_key(connection, self._tables).items() if key_id != first
            }
            kept = [key_id for key_id in cipher.key_ids if key_id == first or key_id in other]
            connection.execute(self._tables.sql(_KEEP_CHECK), [key_check(cipher, kept)])
        return other

    @contextmanager
    def _locked(self) -> Iterator[tuple[BoundConnection, Cipher]]:
        """Hold the lock that every commit takes, in one short transaction."""
        with self._connections.use(_SECONDS) as connection, connection.transaction():
            connection.execute(LIMITS)
            row = connection.execute(self._tables.sql(_STORE)).fetchone()
            store_id, check = row or (UUID(int=0), b"{}")
            cipher = self._settings.cipher(store_id)
            verify_key_check(check, cipher)
            yield connection, cipher
