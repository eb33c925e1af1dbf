"""What a mutation sees: the entries as a mutable mapping, and the notes beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Generic, TypeVar

from openab_auth.storage.entries import Entry
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.records.notes import Note
from openab_auth.storage.records.servers import AddedServer

V = TypeVar("V")


class Overlay(MutableMapping[str, V], Generic[V]):
    """Reads through to a mapping and writes aside, so that dropping the overlay leaves no trace of what was written."""

    def __init__(self, below: Mapping[str, V]) -> None:
        self._below = below
        self._written: dict[str, V] = {}
        self._deleted: set[str] = set()

    @property
    def written(self) -> Mapping[str, V]:
        """The keys that were set, with their new values."""
        return self._written

    @property
    def deleted(self) -> frozenset[str]:
        """The keys that were there below and are gone now."""
        return frozenset(self._deleted)

    @property
    def changes(self) -> bool:
        """Whether anything was written or deleted here."""
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
        """Write into `target` what was written here."""
        for key in self._deleted:
            target.pop(key, None)
        target.update(self._written)


class LazyRecords(Mapping[str, V], Generic[V]):
    """Records that hardly an update needs, loaded when they are first read; a read raises what loading them raises.

    `there` looks whether there are any, without loading them; where it cannot know, it says no.
    """

    def __init__(self, load: Callable[[], Mapping[str, V]] = dict, there: Callable[[], bool] = lambda: True) -> None:
        self._load = load
        self.there = there
        self._before: Mapping[str, V] | None = None
        self._records: dict[str, V] = {}

    @property
    def records(self) -> dict[str, V]:
        """The records as the mutations so far have left them."""
        if self._before is None:
            self._before = self._load()
            self._records = dict(self._before)
        return self._records

    @property
    def loaded(self) -> bool:
        """Whether anybody has read them."""
        return self._before is not None

    @property
    def changed(self) -> bool:
        """Whether they are to be written."""
        return self._before is not None and self._records != self._before

    def __getitem__(self, key: str) -> V:
        return self.records[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)


class Draft(Overlay[Entry]):
    """The entries of one mutation in progress, and what lies beside them: notes, registered clients, added servers.

    Reading a record beside them raises StoreUnreadableError where its file is there but could not be read.
    """

    def __init__(
        self,
        entries: Mapping[str, Entry],
        notes: Mapping[str, Note],
        clients: Mapping[str, ClientRecord] | None = None,
        servers: Mapping[str, AddedServer] | None = None,
    ) -> None:
        super().__init__(entries)
        self._beside = notes, clients, servers
        self._notes: Overlay[Note] | None = None
        self._clients: Overlay[ClientRecord] | None = None
        self._servers: Overlay[AddedServer] | None = None

    @property
    def notes(self) -> Overlay[Note]:
        """The notes by tenant."""
        if self._notes is None:
            self._notes = Overlay(self._beside[0])
        return self._notes

    @property
    def clients(self) -> Overlay[ClientRecord]:
        """The clients that servers registered for us, by key."""
        if self._clients is None:
            self._clients = Overlay(self._beside[1] if self._beside[1] is not None else {})
        return self._clients

    @property
    def servers(self) -> Overlay[AddedServer]:
        """The MCP servers that people added, by name."""
        if self._servers is None:
            self._servers = Overlay(self._beside[2] if self._beside[2] is not None else {})
        return self._servers

    @property
    def asked_beside(self) -> bool:
        """Whether anything beside the entries was asked for."""
        return self._notes is not None or self._clients is not None or self._servers is not None
