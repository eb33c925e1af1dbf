"""The draft that a mutation changes: the entries as a mutable mapping, and the records beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Generic, TypeVar

from openab_auth.storage.entries import Entry
from openab_auth.storage.records import AddedServer, ClientRecord, LoginFacts, Note, ThreadRecord

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
    def changes(self) -> bool:
        """Return whether anything was written or deleted here."""
        return bool(self._written or self._deleted)

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


class LazyRecords(Mapping[str, V], Generic[V]):
    """Records that few updates need, so they are loaded on the first read, which raises the errors of loading.

    `there` returns whether there are any records, without loading them; it returns False when it cannot know.
    """

    def __init__(self, load: Callable[[], Mapping[str, V]] = dict, there: Callable[[], bool] = lambda: True) -> None:
        self._load = load
        self.there = there
        self._before: Mapping[str, V] | None = None
        self._records: dict[str, V] = {}

    @property
    def records(self) -> dict[str, V]:
        """Return the records with the changes of all mutations so far."""
        if self._before is None:
            self._before = self._load()
            self._records = dict(self._before)
        return self._records

    @property
    def loaded(self) -> bool:
        """Return whether the records were loaded."""
        return self._before is not None

    @property
    def changed(self) -> bool:
        """Return whether the records must be written."""
        return self._before is not None and self._records != self._before

    @property
    def before(self) -> Mapping[str, V]:
        """Return the records as they were loaded; empty if they were not."""
        return self._before or {}

    def __getitem__(self, key: str) -> V:
        return self.records[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)


class Draft(Overlay[Entry]):
    """The entries of one mutation in progress, with the records of each kind beside them.

    Reading a record raises StoreUnreadableError if the records are there but could not be read.
    """

    def __init__(  # noqa: PLR0913 -- the records of each kind
        self,
        entries: Mapping[str, Entry],
        notes: Mapping[str, Note],
        clients: Mapping[str, ClientRecord] | None = None,
        servers: Mapping[str, AddedServer] | None = None,
        facts: Mapping[str, LoginFacts] | None = None,
        *,
        threads: Mapping[str, ThreadRecord] | None = None,
    ) -> None:
        super().__init__(entries)
        self._below_records = notes, clients, servers, facts, threads
        self._notes: Overlay[Note] | None = None
        self._clients: Overlay[ClientRecord] | None = None
        self._servers: Overlay[AddedServer] | None = None
        self._facts: Overlay[LoginFacts] | None = None
        self._threads: Overlay[ThreadRecord] | None = None

    @property
    def notes(self) -> Overlay[Note]:
        """Return the notes by tenant."""
        if self._notes is None:
            self._notes = Overlay(self._below_records[0])
        return self._notes

    @property
    def clients(self) -> Overlay[ClientRecord]:
        """Return the registered clients by key."""
        if self._clients is None:
            self._clients = Overlay(self._below_records[1] if self._below_records[1] is not None else {})
        return self._clients

    @property
    def servers(self) -> Overlay[AddedServer]:
        """Return the added MCP servers by name."""
        if self._servers is None:
            self._servers = Overlay(self._below_records[2] if self._below_records[2] is not None else {})
        return self._servers

    @property
    def facts(self) -> Overlay[LoginFacts]:
        """Return the facts of the logins by tenant."""
        if self._facts is None:
            self._facts = Overlay(self._below_records[3] if self._below_records[3] is not None else {})
        return self._facts

    @property
    def threads(self) -> Overlay[ThreadRecord]:
        """Return the records about threads by key."""
        if self._threads is None:
            self._threads = Overlay(self._below_records[4] if self._below_records[4] is not None else {})
        return self._threads

    @property
    def uses_records(self) -> bool:
        """Return whether the mutation used any records."""
        used = self._notes, self._clients, self._servers, self._facts, self._threads
        return any(overlay is not None for overlay in used)
