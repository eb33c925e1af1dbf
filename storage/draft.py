"""What a mutation sees: the entries as a mutable mapping, and the notes beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Generic, TypeVar

from storage.clients import Client
from storage.entries import Entry
from storage.notes import Note

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


class Draft(Overlay[Entry]):
    """The entries of one mutation in progress; `notes` is the same for what is remembered beside them.

    `load_clients` is called by the first mutation that asks for `clients`: hardly one does.
    """

    def __init__(
        self,
        entries: Mapping[str, Entry],
        notes: Mapping[str, Note],
        load_clients: Callable[[], MutableMapping[str, Client]] = dict,
    ) -> None:
        super().__init__(entries)
        self.notes: Overlay[Note] = Overlay(notes)
        self._load_clients = load_clients
        self._clients: Overlay[Client] | None = None

    @property
    def clients(self) -> Overlay[Client]:
        """The clients that servers registered for us, by key.

        Raises:
            StoreUnreadableError: their file is there but could not be read.
        """
        if self._clients is None:
            self._clients = Overlay(self._load_clients())
        return self._clients

    def apply_clients(self) -> None:
        """Write into the loaded clients what was written here."""
        if self._clients is not None:
            self._clients.apply_to(self._load_clients())
