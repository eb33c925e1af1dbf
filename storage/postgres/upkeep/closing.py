"""Close a store for refreshes while it is filled or restored, and open it; a record names where its content is from.

The record has the kind `copy`, which no other part of the program reads. It is encrypted like every record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, TypeAlias

import psycopg

from openab_auth.storage.errors import DamagedRowError
from openab_auth.storage.postgres.head import HEAD, Head, HeadCheck
from openab_auth.storage.postgres.leases import GRACE
from openab_auth.storage.postgres.local_journal import LocalJournal
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.postgres.sealed.rows import ONE_RECORD, WRITE_RECORD
from openab_auth.storage.postgres.timed_leases import IS_OF_LOGIN
from openab_auth.storage.postgres.wire import faults
from openab_auth.storage.postgres.wire.connections import BoundConnection, Connections
from openab_auth.storage.postgres.wire.tables import LIMITS, Tables

CopyState: TypeAlias = Literal["filling", "kept", "restoring", "restored", "done"]
_SECONDS: Final = 10.0  # the longest time for one transaction
_ROW: Final = ("records", "copy", "from")  # table, kind and key of the record
_HAS_ENTRIES: Final = "select exists (select from {schema}.entries)"
_LOCK_LEASES: Final = "lock table {schema}.leases in share row exclusive mode"  # nobody takes one until the commit
_BUSY_FOR: Final = f"""
    select extract(epoch from max(case when posted_at is null then until
        else until + make_interval(secs => {GRACE}) end) - clock_timestamp())::float8
    from {{schema}}.leases where {IS_OF_LOGIN}"""  # noqa: S608 - our own text
_FORGET_LEASES: Final = f"delete from {{schema}}.leases where {IS_OF_LOGIN}"  # noqa: S608 - as above
_SET_OPEN: Final = "update {schema}.store set open = %s"


@dataclass(frozen=True, slots=True)
class CopyMark:
    """The source of a copy or the place of a backup, and how far it is.

    `filled` has fingerprints by key: of the entries that a copy has written, or of the tokens that a restore has
    brought and nobody has adopted.
    """

    source: str
    state: CopyState = "filling"
    filled: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreState:
    """The state of a store in one transaction: `head`, whether it has entries, and its mark."""

    head: Head
    has_entries: bool
    mark: CopyMark | None


class StoreGate:
    """Reads and changes whether the store of these settings is open; each block is one transaction."""

    def __init__(self, settings: PostgresSettings) -> None:
        self._tables = Tables(settings.options.schema)
        self._connections = Connections(settings.url)
        self._settings = settings
        self.place = settings.place

    @contextmanager
    def locked(self) -> Iterator[tuple[StoreState, GateTransaction]]:
        """Hold the lock that every commit takes, and commit the changes of the block.

        Raises:
            StorageError: the database refused, or the settings do not fit; nothing was changed.
        """
        try:
            with self._connections.use(_SECONDS) as connection, connection.transaction():
                connection.execute(LIMITS)
                row = connection.execute(self._tables.sql(HEAD + " for update"), binary=True).fetchone()
                head, cipher = HeadCheck(self._settings, self.place).check(row)
                transaction = GateTransaction(connection, self._tables, cipher)
                yield StoreState(head, transaction.has_entries(), transaction.read_mark()), transaction
        except psycopg.Error as error:
            raise faults.unwritable(self.place, error, _SECONDS) from None
        finally:
            self._connections.close()

    def adopt_here(self, head: Head) -> bool:
        """Make this store the one that this host works with; return whether it was another one before.

        Raises:
            StorageError: the journal of this host could not be read or written.
        """
        journal = LocalJournal(self._settings.journal)
        before = journal.store_id()
        if before != head.id:
            journal.adopt(head.id)
        return before not in {None, head.id}


class GateTransaction:
    """The changes to the state of a store in one open transaction."""

    def __init__(self, connection: BoundConnection, tables: Tables, cipher: Cipher) -> None:
        self._connection = connection
        self._tables = tables
        self._cipher = cipher

    def has_entries(self) -> bool:
        """Return whether the store has an entry."""
        return bool(self._execute(_HAS_ENTRIES, [])[0][0])

    def forget_leases(self) -> float | None:
        """Remove the leases of all logins, so that no process sends a request; return None when this was done.

        If a process may be sending one now, change nothing, and return the seconds until its lease ends. Timed leases
        stay: a running bot keeps its right to post.
        """
        self._connection.execute(self._tables.sql(_LOCK_LEASES))
        ((seconds,),) = self._execute(_BUSY_FOR, [])
        if seconds is not None and seconds > 0:
            return float(seconds)
        self._connection.execute(self._tables.sql(_FORGET_LEASES))
        return None

    def set_open(self, is_open: bool) -> None:  # noqa: FBT001 - its only meaning
        """Open or close the store."""
        self._connection.execute(self._tables.sql(_SET_OPEN), [is_open])

    def read_mark(self) -> CopyMark | None:
        """Return of which store this one is a copy, or None.

        Raises:
            DamagedRowError: the record is damaged.
        """
        rows = self._execute(ONE_RECORD, [*_ROW[1:]])
        if not rows:
            return None
        text = self._cipher.open(*_ROW, *rows[0])
        try:
            return CopyMark(**json.loads(text))
        except (ValueError, TypeError):
            raise DamagedRowError(_ROW[0], _ROW[2], "it is no record of its kind") from None

    def write_mark(self, mark: CopyMark) -> None:
        """Note of which store this one is a copy."""
        sealed, key_id = self._cipher.seal(*_ROW, json.dumps(asdict(mark)).encode())
        self._connection.execute(self._tables.sql(WRITE_RECORD), [*_ROW[1:], sealed, key_id])

    def _execute(self, statement: str, values: list[object]) -> list[tuple[Any, ...]]:
        return self._connection.execute(self._tables.sql(statement), values, binary=True).fetchall()
