"""The reading half of the PostgreSQL store: what is in memory counts as current for a second, then one query asks."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar, cast

from openab_auth.storage import journal
from openab_auth.storage.entries import Entry
from openab_auth.storage.errors import DamagedRowError, StoreUnreadableError
from openab_auth.storage.journal import Spill
from openab_auth.storage.postgres.asking import Asking, AwayError
from openab_auth.storage.postgres.head import HEAD, Head, HeadCheck, Stamp
from openab_auth.storage.postgres.local_journal import LocalJournal
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.postgres.sealed.rows import ONE_ENTRY, ONE_RECORD, open_entry, open_record
from openab_auth.storage.postgres.snapshot import RecordSnapshot, Snapshot, fetch_entries, fetch_records, open_records
from openab_auth.storage.postgres.upkeep import problems
from openab_auth.storage.postgres.wire.connections import BoundConnection, Connections
from openab_auth.storage.postgres.wire.message import send_together
from openab_auth.storage.postgres.wire.tables import LIMITS, Tables
from openab_auth.storage.reader import Problem, StoreReader
from openab_auth.storage.records import FACTS, NOTES, LoginFacts, RecordKind

R = TypeVar("R")
T = TypeVar("T")
_SPILLED_KINDS: Final = (NOTES.name, FACTS.name)
_EMPTY: Final = (None, None)  # the version of a journal without folders
_NONE: Final[tuple[Spill, ...]] = ()


class PostgresReader(StoreReader):
    """Reads the store that `settings` name; threads may share the object."""

    def __init__(self, settings: PostgresSettings) -> None:
        self.settings = settings
        self.place = settings.place
        self._tables = Tables(settings.options.schema)
        self._connections = Connections(settings.url)
        self._asking = Asking(self._connections, self.place)
        self._journal = LocalJournal(settings.journal)
        self._max_staleness = settings.options.max_staleness
        self._head_check = HeadCheck(settings, self.place)
        self._noting = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._spills: tuple[Hashable, tuple[Spill, ...]] = (None, _NONE)  # at this version of the journal
        self._view = _View(None, (), MappingProxyType({}), float("-inf"), 0)
        self._records: dict[str, RecordSnapshot] = {}
        self._stamp: Stamp | None = None
        self._checked_at = float("-inf")  # as every time here, in seconds of the monotonic clock
        self._ask_after = float("-inf")  # what was asked before this moment is not current

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.place!r})"

    def read(self) -> Mapping[str, Entry]:
        """Return all entries; while the database is away, those that this process read last.

        Raises:
            StoreUnreadableError: the store could not be read, and this process has read nothing yet.
            StoreKeyError: a key is missing or wrong.
        """
        if (entries := self.peek()) is None:
            try:
                self._asked(self._read_entries)
            except AwayError as away:
                if self._snapshot is None:
                    raise away.error from away.cause
            entries = self._entries()
        return entries

    def peek(self) -> Mapping[str, Entry] | None:
        """Return all entries if their version was checked within `max_staleness` seconds, else None."""
        return self._entries() if self._is_current(self._snapshot) else None

    def version(self) -> Hashable:
        """Return the version that this process saw last; `wait_for_change` asks the database for it."""
        return self._stamp, self._journal.spills.version()

    def age(self) -> float:
        """Return the seconds since the database was last asked for its version."""
        return time.monotonic() - self._checked_at

    def entry(self, key: str) -> Entry | None:
        """Return one entry with one query; while the database is away, what this process read last.

        Raises:
            StoreUnreadableError, StoreKeyError: as `read`.
        """
        if (entries := self.peek()) is not None:
            return entries.get(key)
        try:
            stored = self._asked(lambda connection: self._read_one(connection, key))
        except AwayError as away:
            if self._snapshot is None:
                raise away.error from away.cause
            return self._entries().get(key)
        spill = self._spill_over(key, stored)
        return stored if spill is None else spill.entry

    def records(self, kind: RecordKind[R]) -> Mapping[str, R]:
        """Return all records of one kind by key; while the database is away, those that this process read last.

        Raises:
            StoreUnreadableError, StoreKeyError: as `read`.
        """
        if not self._is_current(self._records.get(kind.name)):
            try:
                self._asked(lambda connection: self._read_records(connection, kind))
            except AwayError as away:
                if kind.name not in self._records:
                    raise away.error from away.cause
        records: Mapping[str, R] = self._records[kind.name].records
        if kind.name not in _SPILLED_KINDS or not (spills := self._load_spills()):
            return records
        spilled = self._spilled_records(kind, spills, self._stored(), records)
        return {**records, **spilled} if spilled else records

    def record(self, kind: RecordKind[R], key: str) -> R | None:
        """Return one record with one query; see `records`."""
        if (known := self.peek_records(kind)) is not None:
            return known.get(key)
        try:
            found, stored = self._asked(lambda connection: self._read_one_record(connection, kind, key))
        except AwayError as away:
            if kind.name not in self._records:
                raise away.error from away.cause
            found, stored = self._records[kind.name].records.get(key), self._stored().get(key)
        spill = self._spill_over(key, stored) if kind.name in _SPILLED_KINDS else None
        if spill is None:
            return found
        spilled = self._spilled_records(kind, (spill,), {} if stored is None else {key: stored}, {key: found})
        return spilled.get(key, found)

    def peek_records(self, kind: RecordKind[R]) -> Mapping[str, R] | None:
        """Return the records of a kind that no spill carries, if they were checked within `max_staleness` seconds."""
        known = self._records.get(kind.name)
        if known is None or kind.name in _SPILLED_KINDS or not self._is_current(known):
            return None
        return known.records

    def count_spills(self) -> int:
        """Return how many renewed logins are in the journal of this host; see `StoreReader.count_spills`."""
        return self._journal.spills.count()

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that an operator should repair, without changing anything."""
        try:
            return self._asked(self._find_problems)
        except AwayError as away:
            return (Problem(away.error.happened, away.error.todo),)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._connections.close()

    def _look_again(self) -> None:
        """Make the next read ask the database: the holder of a lease must not post a token that it read before."""
        self._ask_after = time.monotonic()

    def _is_current(self, known: Snapshot | RecordSnapshot | None) -> bool:
        return (
            known is not None
            and known.stamp == self._stamp
            and self._checked_at >= max(self._ask_after, time.monotonic() - self._max_staleness)
        )

    def _entries(self) -> Mapping[str, Entry]:
        """Return the entries of the snapshot, with the spills of this host in the place of some."""
        view, snapshot = self._view, self._snapshot
        oldest = max(self._checked_at, self._ask_after, time.monotonic() - self._max_staleness)
        if view.is_of(snapshot, oldest, self._journal.spills.written):
            return view.entries  # without a look at the journal: another process's spill is seen at the next check
        written, now, spills = self._journal.spills.written, time.monotonic(), self._load_spills()
        entries = view.entries
        if view.snapshot is not snapshot or view.spills is not spills:
            stored = self._stored()
            recovered = journal.recovered(spills, stored)
            entries = MappingProxyType({**stored, **recovered}) if recovered else stored
        self._view = _View(snapshot, spills, entries, now, written)
        return entries

    def _stored(self) -> Mapping[str, Entry]:
        return self._snapshot.entries if self._snapshot is not None else MappingProxyType({})

    def _spill_over(self, tenant: str, stored: Entry | None) -> Spill | None:
        """Return the spill of this host that takes the place of the stored entry, or None."""
        spills = reversed([spill for spill in self._load_spills() if spill.tenant == tenant])  # the newest one first
        return next((spill for spill in spills if spill.takes_place_of(stored)), None)

    @staticmethod
    def _spilled_records(
        kind: RecordKind[R], spills: tuple[Spill, ...], stored: Mapping[str, Entry], records: Mapping[str, R | None]
    ) -> Mapping[str, R]:
        """Return the notes or the facts of the logins in these spills."""
        found: Any
        if kind.name == NOTES.name:
            found = journal.notes_of(spills, stored)
        else:
            facts = {key: record for key, record in records.items() if record is not None}
            found = journal.facts_of(spills, stored, cast("Mapping[str, LoginFacts]", facts))
        return cast("Mapping[str, R]", found)

    def _load_spills(self) -> tuple[Spill, ...]:
        cipher = self._head_check.cipher
        version = self._journal.spills.version(), self._journal.rotations.version()
        if cipher is None or version == _EMPTY:
            return _NONE
        if self._spills[0] != version:
            self._spills = version, self._journal.load(cipher)
        return self._spills[1]

    def _asked(self, ask: Callable[[BoundConnection], T]) -> T:
        """Return what `ask` reads from the database; see `Asking`."""
        return self._asking.ask(ask, is_in_memory=self._snapshot is not None)

    def _read_head(self, connection: BoundConnection) -> tuple[Head, Cipher]:
        asked_at = time.monotonic()
        return self._take_head(self._fetch_head(connection), asked_at)

    def _take_head(self, row: tuple[object, ...] | None, asked_at: float) -> tuple[Head, Cipher]:
        head, cipher = self._head_check.check(row)
        with self._noting:
            if asked_at >= self._checked_at:  # otherwise another thread has asked later, or has made a commit
                self._stamp, self._checked_at = head.stamp, asked_at
        return head, cipher

    def _fetch_head(self, connection: BoundConnection) -> tuple[object, ...] | None:
        return connection.execute(self._tables.sql(HEAD), binary=True).fetchone()

    @contextlib.contextmanager
    def _at_one_moment(self, connection: BoundConnection) -> Iterator[None]:
        """Read everything in the block at one version of the store."""
        connection.execute(f"begin isolation level repeatable read read only; {LIMITS}")
        yield
        connection.execute("commit")

    def _read_entries(self, connection: BoundConnection) -> None:
        if self._is_current(self._snapshot):
            return  # another thread has read it meanwhile
        head, cipher = self._read_head(connection)
        if self._snapshot is not None and self._snapshot.stamp == head.stamp:
            return
        with self._at_one_moment(connection):
            head, cipher = self._read_head(connection)
            before = self._snapshot
            rows = fetch_entries(connection, self._tables, before)
        self._snapshot = rows.opened(cipher, head.stamp, before)

    def _read_records(self, connection: BoundConnection, kind: RecordKind[R]) -> None:
        head, cipher = self._read_head(connection)
        before = self._records.get(kind.name)
        if before is not None and before.stamp == head.stamp:
            return
        with self._at_one_moment(connection):
            head, cipher = self._read_head(connection)
            rows = fetch_records(connection, self._tables, kind)
        self._records[kind.name] = open_records(rows, self._tables, cipher, head.stamp, kind, before)

    def _read_one(self, connection: BoundConnection, key: str) -> Entry | None:
        asked_at, tables = time.monotonic(), self._tables
        results = send_together(connection, [(tables.sql(HEAD), ()), (tables.sql(ONE_ENTRY), [key])])
        head, cipher = self._take_head(results.fetchone(), asked_at)
        if self._snapshot is not None and self._snapshot.stamp == head.stamp:
            return self._snapshot.entries.get(key)
        results.nextset()
        row = results.fetchone()
        with contextlib.suppress(DamagedRowError):
            return None if row is None else open_entry(cipher, key, *row)
        return None

    def _read_one_record(
        self, connection: BoundConnection, kind: RecordKind[R], key: str
    ) -> tuple[R | None, Entry | None]:
        """Return a record, and the stored entry of this key where a spill may matter."""
        _, cipher = self._read_head(connection)
        row = connection.execute(self._tables.sql(ONE_RECORD), [kind.name, key], binary=True).fetchone()
        spilled = kind.name in _SPILLED_KINDS and any(spill.tenant == key for spill in self._load_spills())
        stored = self._read_one(connection, key) if spilled else None
        try:
            return None if row is None else open_record(cipher, kind, key, *row), stored
        except DamagedRowError as error:
            if kind.must_be_whole:
                raise StoreUnreadableError(self.place, error.happened) from None
            return None, stored

    def _find_problems(self, connection: BoundConnection) -> tuple[Problem, ...]:
        with self._at_one_moment(connection):
            head, cipher = self._read_head(connection)
            return problems.find(connection, self._tables, head, cipher, self._journal)


class _View(NamedTuple):
    """The entries that readers see, what they were made of, and when."""

    snapshot: Snapshot | None
    spills: tuple[Spill, ...]
    entries: Mapping[str, Entry]
    made_at: float
    written: int

    def is_of(self, snapshot: Snapshot | None, oldest: float, written: int) -> bool:
        """Return whether the view shows this snapshot and our last spill, and was not made before `oldest`."""
        return self.snapshot is snapshot and self.made_at >= oldest and self.written == written
