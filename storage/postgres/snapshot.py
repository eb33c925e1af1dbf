"""What this process has read of the store: its entries and records at one version, and how they are read again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Generic, NamedTuple, TypeVar
from uuid import UUID

from openab_auth.storage.entries import Entry
from openab_auth.storage.errors import DamagedRowError, StoreUnreadableError
from openab_auth.storage.postgres.head import Stamp
from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.postgres.sealed.rows import ALL_RECORDS, open_entry, open_record
from openab_auth.storage.postgres.wire.connections import BoundConnection
from openab_auth.storage.postgres.wire.tables import Tables
from openab_auth.storage.records import RecordKind

R = TypeVar("R")
V = TypeVar("V")
_GENERATIONS: Final = "select key, generation from {schema}.entries order by position"
_ALL: Final = "select key, generation, kind, entry, key_id from {schema}.entries order by position"
_SOME: Final = "select key, generation, kind, entry, key_id from {schema}.entries where key = any(%s)"
_FEW: Final = 1000  # rows; of a small store, all are read at once
_MOST_CHANGES: Final = 256  # rows, until a large store is copied


class KnownEntry(NamedTuple):
    """An entry at one generation; `entry` is None if its row is damaged."""

    generation: UUID
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The entries of the store at one version, in their order."""

    stamp: Stamp
    known: Mapping[str, KnownEntry] = field(repr=False)
    entries: Mapping[str, Entry] = field(repr=False)

    @classmethod
    def of(cls, stamp: Stamp, known: Mapping[str, KnownEntry]) -> Snapshot:
        """Return the snapshot of these rows; damaged rows give no entry."""
        entries = {key: row.entry for key, row in known.items() if row.entry is not None}
        return cls(stamp, known, MappingProxyType(entries))

    def after(self, stamp: Stamp, written: Mapping[str, KnownEntry], removed: Collection[str]) -> Snapshot:
        """Return the snapshot after a commit; of a large store, it takes the unchanged rows from this one."""
        entries = {key: row.entry for key, row in written.items() if row.entry is not None}
        return Snapshot(stamp, _changed(self.known, written, removed), _changed(self.entries, entries, removed))


class _Layer(Mapping[str, V], Generic[V]):
    """A mapping with a few changes over a large one, which is not copied; None stands for a removed key."""

    __slots__ = ("below", "changes")

    def __init__(self, below: Mapping[str, V], changes: Mapping[str, V | None]) -> None:
        self.below = below
        self.changes = changes

    def __getitem__(self, key: str) -> V:
        if key not in self.changes:
            return self.below[key]
        if (found := self.changes[key]) is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self.below if self.changes.get(key, key) is not None)
        yield from (key for key, value in self.changes.items() if value is not None and key not in self.below)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _changed(before: Mapping[str, V], written: Mapping[str, V], removed: Collection[str]) -> Mapping[str, V]:
    """Return the mapping with the changes; copy it only if it is small, or if it has gathered many changes."""
    below, changes = (before.below, before.changes) if isinstance(before, _Layer) else (before, {})
    layered: dict[str, V | None] = {**changes, **written, **dict.fromkeys(removed)}
    returns = any(key in changes and changes[key] is None for key in written)  # such a key moves to the end
    if len(below) >= _FEW and len(layered) < _MOST_CHANGES and not returns:
        return _Layer(below, layered)
    copied = {**before, **written}
    return MappingProxyType({key: value for key, value in copied.items() if key not in removed})


class RecordSnapshot(NamedTuple):
    """The records of one kind at one version; `sealed` has the bytes of each, so that few are decrypted again."""

    stamp: Stamp
    records: Mapping[str, Any]
    sealed: Mapping[str, bytes]


class EntryRows(NamedTuple):
    """The keys of all entries in their order, and the rows, still encrypted, of those that are not known yet."""

    keys: Sequence[str]
    fresh: Sequence[tuple[Any, ...]]

    def opened(self, cipher: Cipher, stamp: Stamp, before: Snapshot | None) -> Snapshot:
        """Return the snapshot of these rows, which were fetched with the same `before`.

        Raises:
            UnknownStoreKeyError: a row needs a key that is not in the settings.
        """
        known: dict[str, KnownEntry] = {} if before is None else {**before.known}
        known.update({row[0]: _known(cipher, row, before) for row in self.fresh})
        return Snapshot.of(stamp, {key: known[key] for key in self.keys if key in known})


def fetch_entries(connection: BoundConnection, tables: Tables, before: Snapshot | None) -> EntryRows:
    """Fetch the entries in an open transaction; of the rows since `before`, only those that changed.

    Open them after the transaction: for many rows that takes longer than the server lets a transaction be idle.
    """
    if before is None or len(before.known) < _FEW:
        rows = connection.execute(tables.sql(_ALL), binary=True).fetchall()
        return EntryRows([row[0] for row in rows], rows)
    now = connection.execute(tables.sql(_GENERATIONS), binary=True).fetchall()
    missing = [key for key, generation in now if not _is_known(before, key, generation)]
    rows = connection.execute(tables.sql(_SOME), [missing], binary=True).fetchall() if missing else []
    return EntryRows([key for key, _ in now], rows)


def fetch_records(connection: BoundConnection, tables: Tables, kind: RecordKind[Any]) -> list[tuple[Any, ...]]:
    """Fetch the rows of one kind in an open transaction; open them after it, as those of the entries."""
    return connection.execute(tables.sql(ALL_RECORDS), [kind.name], binary=True).fetchall()


def open_records(  # noqa: PLR0913, PLR0917 - where, and what is known
    rows: Sequence[tuple[Any, ...]],
    tables: Tables,
    cipher: Cipher,
    stamp: Stamp,
    kind: RecordKind[R],
    before: RecordSnapshot | None,
) -> RecordSnapshot:
    """Return the records in these rows.

    Raises:
        UnknownStoreKeyError: a row needs a key that is not in the settings.
        StoreUnreadableError: a record is damaged, and its kind must be whole.
    """
    records: dict[str, R] = {}
    sealed: dict[str, bytes] = {}
    for key, data, key_id in rows:
        sealed[key] = data
        if before is not None and before.sealed.get(key) == data and key in before.records:
            records[key] = before.records[key]
            continue
        try:
            records[key] = open_record(cipher, kind, key, data, key_id)
        except DamagedRowError as error:
            if kind.must_be_whole:
                raise StoreUnreadableError(tables.records, error.happened) from None
    if before is not None and before.records == records:
        return RecordSnapshot(stamp, before.records, sealed)  # the same object stands for the same records
    return RecordSnapshot(stamp, MappingProxyType(records), sealed)


def _is_known(before: Snapshot, key: str, generation: UUID) -> bool:
    known = before.known.get(key)
    return known is not None and known.generation == generation


def _known(cipher: Cipher, row: tuple[Any, ...], before: Snapshot | None) -> KnownEntry:
    key, generation, kind, sealed, key_id = row
    if before is not None and _is_known(before, key, generation):
        return before.known[key]
    try:
        return KnownEntry(generation, open_entry(cipher, key, kind, sealed, key_id))
    except DamagedRowError:
        return KnownEntry(generation, None)
