"""One transaction: under the lock on the row of the store, rows are read on demand, and only changes are written.

The statements before the mutations go to the database together, and so do those after them: a commit takes two round
trips and those for the rows that it reads. Its token tells afterwards whether a commit without an answer was made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar
from uuid import UUID, uuid4

import psycopg

from openab_auth.storage.commit import stale_pending
from openab_auth.storage.commit.draft import Overlay
from openab_auth.storage.entries import PENDING_LIFETIME, Entry
from openab_auth.storage.errors import DamagedRowError, StoreUnreadableError
from openab_auth.storage.postgres.head import HEAD, Head, Stamp
from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.postgres.sealed.rows import (
    ALL_ENTRIES,
    ALL_RECORDS,
    ONE_ENTRY,
    ONE_RECORD,
    WRITE_RECORD,
    open_entry,
    open_record,
    seal_entry,
    seal_record,
)
from openab_auth.storage.postgres.snapshot import KnownEntry
from openab_auth.storage.postgres.wire.connections import BoundConnection
from openab_auth.storage.postgres.wire.message import Value, send_together
from openab_auth.storage.postgres.wire.tables import LIMITS, Tables
from openab_auth.storage.records import FACTS, KINDS, NOTES, RecordKind

V = TypeVar("V")
_BEGIN: Final = f"""
    begin isolation level read committed; {LIMITS}; {HEAD} for update;
    select key from {{schema}}.entries where kind = 'pending' and (expires_at < coalesce(to_timestamp(%s), now())
        or expires_at > coalesce(to_timestamp(%s), now()) + make_interval(secs => %s));
    select key, kind, entry, key_id from {{schema}}.entries where key = any(%s);
    select kind, key, record, key_id from {{schema}}.records where kind = any(%s) and key = any(%s)
"""  # noqa: S608 - our own text
_BEGIN_ALONE: Final = f"begin isolation level read committed; {LIMITS}".encode()
_HEAD_AT: Final = -4  # of its results
_EARLY_KINDS: Final = (NOTES.name, FACTS.name)  # the records that belong to a login and have its key
_SOME_ENTRIES: Final = "select key, kind, entry, key_id from {schema}.entries where key = any(%s)"
_DELETE: Final = "delete from {schema}.entries where key = any(%s)"
_WRITE: Final = """
    insert into {schema}.entries (key, kind, entry, key_id, expires_at, generation) values (%s, %s, %s, %s, %s, %s)
    on conflict (key) do update set kind = excluded.kind, entry = excluded.entry, key_id = excluded.key_id,
        expires_at = excluded.expires_at, generation = excluded.generation"""
_DELETE_RECORDS: Final = "delete from {schema}.records where kind = %s and key = any(%s)"
_ANSWERED: Final = "update {schema}.leases set posted_at = null where name = any(%s) and holder = any(%s)"
_NEXT: Final = "update {schema}.store set version = version + 1, version_id = %s"
_COMMIT: Final = "insert into {schema}.commits (token, at) values (%s, clock_timestamp())"
_FORGET: Final = "delete from {schema}.commits where at < clock_timestamp() - interval '1 day'"
_ASK: Final = _COMMIT + " on conflict do nothing"
_FORGET_EVERY: Final = 256  # commits between two sweeps of old tokens


class LazyRows(Mapping[str, V], Generic[V]):
    """Rows of a table in an open transaction, read one by one, or all at once when somebody goes through them."""

    def __init__(self, read_one: Callable[[str], V | None], read_all: Callable[[], dict[str, V]]) -> None:
        self._read_one = read_one
        self._read_all = read_all
        self._known: dict[str, V | None] = {}
        self._whole: dict[str, V] | None = None

    def __getitem__(self, key: str) -> V:
        if self._whole is not None:
            return self._whole[key]
        if key not in self._known:
            self._known[key] = self._read_one(key)
        if (found := self._known[key]) is None:
            raise KeyError(key)
        return found

    def _all(self) -> dict[str, V]:
        if self._whole is None:
            self._whole = self._read_all()
        return self._whole

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class Written(NamedTuple):
    """The version after a commit, and the entries that it wrote and removed."""

    stamp: Stamp
    entries: Mapping[str, KnownEntry]
    removed: frozenset[str]


class Transaction:
    """An open transaction that holds the lock on the row of the store; `check` returns its row and its cipher."""

    def __init__(
        self,
        connection: BoundConnection,
        tables: Tables,
        check: Callable[[tuple[object, ...] | None], tuple[Head, Cipher]],
        now: float | None = None,
        keys: Collection[str] = (),
    ) -> None:
        """Begin the transaction, and take the lock; without `now` (unix seconds) the clock of the database decides.

        The rows with these `keys` will probably be needed, so they come with the answer.
        """
        self.connection = connection
        self._tables = tables
        self.token = uuid4()  # also the id of the version that this commit makes
        self._writes: list[tuple[str, tuple[Value, ...]]] = []
        self._keys = set(keys)
        self.read_keys = set(keys)
        values = (now, now, 2 * PENDING_LIFETIME, [*keys], _EARLY_KINDS, [*keys])
        found = send_together(connection, [(tables.sql(_BEGIN), values)])
        found.set_result(_HEAD_AT)
        self.head, self.cipher = check(found.fetchone())
        found.nextset()
        self._stale = [key for (key,) in found.fetchall() if key.startswith(stale_pending.PREFIXES)]
        found.nextset()
        self._early_entries = {row[0]: row[1:] for row in found.fetchall()}
        found.nextset()
        self._early_records = {row[:2]: row[2:] for row in found.fetchall()}
        self.now = self.head.now if now is None else now

    def entries(self, known: Mapping[str, Entry] | None) -> Mapping[str, Entry]:
        """Return the entries; `known` are those of this version, if this process has read it."""
        return LazyRows(self._entry, self._entries) if known is None else known

    def fetch(self, keys: Collection[str]) -> None:
        """Fetch the entries with these keys at once, as far as they were not fetched yet."""
        if missing := [key for key in keys if key not in self.read_keys]:
            rows = self._execute(_SOME_ENTRIES, [missing]).fetchall()
            self._early_entries.update({row[0]: row[1:] for row in rows})
            self._keys.update(missing)

    def records(self, kind: RecordKind[V]) -> Mapping[str, V]:
        """Return the records of one kind."""

        def read_one(key: str) -> V | None:
            row = self._early_records.get((kind.name, key))
            if key not in self._keys or kind.name not in _EARLY_KINDS:
                row = self._execute(ONE_RECORD, [kind.name, key]).fetchone()
            return None if row is None else self._open_record(kind, key, *row)

        def read_all() -> dict[str, V]:
            rows = self._execute(ALL_RECORDS, [kind.name]).fetchall()
            found = ((row[0], self._open_record(kind, *row)) for row in rows)
            return {key: record for key, record in found if record is not None}

        return LazyRows(read_one, read_all)

    def stale(self, entries: Overlay[Entry], now: float) -> list[str]:
        """Return the keys of the pending logins that nobody can finish any more, stored ones and new ones."""
        stored = [key for key in self._stale if key not in entries.written]
        return stored + stale_pending.stale(entries.written, now)

    def prepare(self, entries: Overlay[Entry], records: Mapping[str, Overlay[Any]]) -> Written:
        """Encrypt the changed rows, so that `commit` only has to send them; return what the commit will write."""
        rows = [seal_entry(self.cipher, key, entry) for key, entry in entries.written.items()]
        self._writes = [(_WRITE, tuple(row)) for row in rows]
        if entries.deleted:
            self._writes.append((_DELETE, ([*entries.deleted],)))
        for kind in KINDS:
            if (changed := records.get(kind.name)) is None:
                continue
            if changed.deleted:
                self._writes.append((_DELETE_RECORDS, (kind.name, [*changed.deleted])))
            for key, record in changed.written.items():
                self._writes.append((WRITE_RECORD, seal_record(self.cipher, kind, key, record)))
        known = {row.key: KnownEntry(row.generation, entries.written[row.key]) for row in rows}
        return Written((self.head.version + 1, self.token), known, entries.deleted)

    def commit(self, answered: Mapping[str, UUID]) -> None:
        """Send the prepared changes in one more round trip, and commit.

        `answered` has the holder of each lease whose login is written here. The vendor has answered its request, so
        these leases no longer count as posted.

        Raises:
            UnknownOutcomeError: the connection was lost, so nobody knows whether the commit was made.
        """
        writes = [*self._writes, (_COMMIT, (self.token,)), (_NEXT, (self.token,)), ("commit", ())]
        if self.head.version % _FORGET_EVERY == 0:
            writes.insert(0, (_FORGET, ()))
        if answered:
            writes.insert(0, (_ANSWERED, ([*answered], [*answered.values()])))
        try:
            self._send(writes)
        except psycopg.OperationalError as error:
            if self.connection.closed:
                raise UnknownOutcomeError(self.token, error) from error
            raise

    def rehearse(self) -> None:
        """Prove that this role may write, and that the server takes writes; then end without a change."""
        self._send([(_COMMIT, (self.token,)), (_NEXT, (self.token,)), ("rollback", ())])

    def _send(self, statements: Sequence[tuple[str, Sequence[Value]]]) -> None:
        send_together(self.connection, [(self._tables.sql(text), values) for text, values in statements])

    def end(self) -> None:
        """End the transaction without a change."""
        self.connection.execute("rollback")

    def _execute(self, statement: str, values: Sequence[Any] | None = None) -> psycopg.Cursor[tuple[Any, ...]]:
        return self.connection.execute(self._tables.sql(statement), values, binary=True)

    def _entry(self, key: str) -> Entry | None:
        row = self._early_entries.get(key)
        if key not in self._keys:
            self.read_keys.add(key)
            row = self._execute(ONE_ENTRY, [key]).fetchone()
        return None if row is None else self._open_entry(key, *row)

    def _entries(self) -> dict[str, Entry]:
        found = ((row[0], self._open_entry(*row)) for row in self._execute(ALL_ENTRIES).fetchall())
        return {key: entry for key, entry in found if entry is not None}

    def _open_entry(self, key: str, kind: str, sealed: bytes, key_id: str) -> Entry | None:
        try:
            return open_entry(self.cipher, key, kind, sealed, key_id)
        except DamagedRowError:
            return None  # only a new login to this account replaces it

    def _open_record(self, kind: RecordKind[V], key: str, sealed: bytes, key_id: str) -> V | None:
        try:
            return open_record(self.cipher, kind, key, sealed, key_id)
        except DamagedRowError as error:
            if kind.must_be_whole:
                raise StoreUnreadableError(self._tables.records, error.happened) from None
            return None


class UnknownOutcomeError(Exception):
    """The connection was lost during a commit; `token` is in the database if the commit was made."""

    def __init__(self, token: UUID, cause: psycopg.OperationalError) -> None:
        super().__init__()
        self.token = token
        self.cause = cause


def was_committed(connection: BoundConnection, tables: Tables, token: UUID) -> bool:
    """Return whether the commit with this token was made; if it was not, it cannot be made any more.

    The row of the token is written here if it is missing. The server waits with that until the lost transaction has
    ended, and if it goes on after this, its own row conflicts with this one.
    """
    cursor = send_together(connection, [(_BEGIN_ALONE, ()), (tables.sql(_ASK), [token]), (b"commit", ())])
    cursor.set_result(-2)
    return cursor.rowcount == 0


def run_alone(
    connection: BoundConnection, statement: bytes, values: Mapping[str, Any]
) -> psycopg.ClientCursor[tuple[Any, ...]]:
    """Run one statement in a transaction of its own, with its limits, in one message; return its result."""
    cursor = psycopg.ClientCursor(connection)
    cursor.execute(b"; ".join([_BEGIN_ALONE, statement, b"commit"]), values)
    return cursor.set_result(-2)
