"""The draft that a mutation changes: the entries as a mutable mapping, and the records beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import partial
from typing import Any, Generic, TypeVar

from openab_auth.storage.entries import Entry
from openab_auth.storage.records import (
    CLIENTS,
    FACTS,
    KINDS,
    NOTES,
    SERVERS,
    THREADS,
    AddedServer,
    ClientRecord,
    LoginFacts,
    Note,
    RecordKind,
    ThreadRecord,
)

V = TypeVar("V")


class Overlay(MutableMapping[str, V], Generic[V]):
    """A mapping over another mapping: it reads from both and writes only to itself, until `apply_to`."""

    def __init__(self, below: Mapping[str, V]) -> None:
        self._below = below
        self._written: dict[str, V] = {}
        self._deleted: set[str] = set()

    @property
    def written(self) -> Mapping[str, V]:
        """Return the keys that were set, with their new values."""
        return self._written

    @property
    def deleted(self) -> frozenset[str]:
        """Return the keys of the mapping below that were deleted here."""
        return frozenset(self._deleted)

    @property
    def below(self) -> Mapping[str, V]:
        """Return the mapping below, without the changes of this one."""
        return self._below

    @property
    def changes(self) -> bool:
        """Return whether anything was written or deleted here."""
        return bool(self._written or self._deleted)

    @property
    def differs(self) -> bool:
        """Return whether the changes make a difference; a value that was written as it was makes none."""
        return bool(self._deleted) or any(
            key not in self._below or self._below[key] != value for key, value in self._written.items()
        )

    def __getitem__(self, key: str) -> V:
        if key in self._written:
            return self._written[key]
        if key in self._deleted:
            raise KeyError(key)
        return self._below[key]

    def __setitem__(self, key: str, value: V) -> None:
        self._written[key] = value
        self._deleted.discard(key)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._written.pop(key, None)
        if key in self._below:
            self._deleted.add(key)

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self._below if key not in self._deleted)
        yield from (key for key in self._written if key not in self._below)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        return key in self._written or (key in self._below and key not in self._deleted)

    def apply_to(self, target: MutableMapping[str, V]) -> None:
        """Write all changes of this overlay into `target`."""
        for key in self._deleted:
            target.pop(key, None)
        target.update(self._written)

    def merged(self) -> dict[str, V]:
        """Return the mapping below with all changes, as a dict of its own."""
        merged = dict(self._below)
        self.apply_to(merged)
        return merged


class LazyRecords(Mapping[str, V], Generic[V]):
    """Records that few updates need, so they are loaded on the first read, which raises the errors of loading.

    `there` returns whether there are any records, without loading them; it returns False when it cannot know.
    """

    def __init__(self, load: Callable[[], Mapping[str, V]] = dict, there: Callable[[], bool] = lambda: True) -> None:
        self._load = load
        self._there = there
        self._records: Mapping[str, V] | None = None

    @property
    def may_be_there(self) -> bool:
        """Return whether the records were loaded, or whether there are any."""
        return self.loaded or self._there()

    @property
    def loaded(self) -> bool:
        """Return whether the records were loaded."""
        return self._records is not None

    def _all(self) -> Mapping[str, V]:
        if self._records is None:
            self._records = self._load()
        return self._records

    def __getitem__(self, key: str) -> V:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class Draft(Overlay[Entry]):
    """The entries of one mutation in progress, with the records of each kind beside them.

    `below` has the records of each kind by its name; a kind that is missing there has none. Reading a record raises
    StoreUnreadableError if the records are there but could not be read.
    """

    def __init__(self, entries: Mapping[str, Entry], below: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(entries)
        self._below_records = below
        self._records: dict[str, Overlay[Any]] = {}

    def records(self, kind: RecordKind[V]) -> Overlay[V]:
        """Return the records of one kind by key."""
        found = self._records.get(kind.name)
        if found is None:
            found = self._records[kind.name] = Overlay(self._below_records.get(kind.name, {}))
        return found

    @property
    def changed_records(self) -> Mapping[str, Overlay[Any]]:
        """Return the records that the mutation changed, by the name of their kind."""
        return {name: records for name, records in self._records.items() if records.changes}

    @property
    def notes(self) -> Overlay[Note]:
        """Return the notes by tenant."""
        return self.records(NOTES)

    @property
    def clients(self) -> Overlay[ClientRecord]:
        """Return the registered clients by key."""
        return self.records(CLIENTS)

    @property
    def servers(self) -> Overlay[AddedServer]:
        """Return the added MCP servers by name."""
        return self.records(SERVERS)

    @property
    def facts(self) -> Overlay[LoginFacts]:
        """Return the facts of the logins by tenant."""
        return self.records(FACTS)

    @property
    def threads(self) -> Overlay[ThreadRecord]:
        """Return the records about threads by key."""
        return self.records(THREADS)


def uncommitted_draft(entries: Mapping[str, Entry], load: Callable[[RecordKind[Any]], Mapping[str, Any]]) -> Draft:
    """Return a draft over `entries` and the records that `load` returns; its changes are committed nowhere."""
    return Draft(entries, {kind.name: LazyRecords(partial(load, kind)) for kind in KINDS})
