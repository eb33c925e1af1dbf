"""The reading half of every store: a program that writes nothing needs neither locks nor drafts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import NamedTuple, Protocol, TypeVar

from openab_auth.storage.entries import Entry
from openab_auth.storage.records import (
    CLIENTS,
    FACTS,
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

R = TypeVar("R")


class Problem(NamedTuple):
    """Something about the store that an operator should repair: what is wrong, and how to repair it.

    `ended` is True when the problem may expose tokens of a login that has ended. `damage` is True when a login or a
    record cannot be read.
    """

    what: str
    repair: str
    ended: bool = False
    damage: bool = False


class StoreReader(Protocol):
    """Logins and records as they were last committed. The methods at its end are built on the others."""

    def read(self) -> Mapping[str, Entry]:
        """Return all entries as they were last committed, without taking a lock.

        Raises:
            StoreUnreadableError: the store is there but could not be read.
        """
        ...

    def peek(self) -> Mapping[str, Entry] | None:
        """Return all entries if this process knows that they are current, else None. Never blocks."""
        ...

    def version(self) -> Hashable:
        """Return a value that differs whenever `read` may return something else. Never blocks."""
        ...

    def age(self) -> float:
        """Return for how many seconds the store may have been different from what this process knows. Never blocks.

        It is 0 for a backend that looks at each read. A backend that serves from memory while its server is away
        overrides it.
        """
        return 0.0

    def records(self, kind: RecordKind[R]) -> Mapping[str, R]:
        """Return all records of one kind by key; return none when they were lost and need not be whole.

        Raises:
            StoreUnreadableError: the records are there but could not be read.
        """
        ...

    def peek_records(self, kind: RecordKind[R]) -> Mapping[str, R] | None:  # noqa: ARG002 -- for backends that know
        """Return all records of one kind if this process knows that they are current, else None. Never blocks.

        The same object stands for the same records.
        """
        return None

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that an operator should repair, without changing anything."""
        ...

    def count_spills(self) -> int:
        """Return how many files of a journal wait for the next commit, damaged ones included; 0 without a journal.

        Raises:
            StoreUnreadableError: the journal could not be read.
        """
        return 0

    def entry(self, key: str) -> Entry | None:
        """Return one entry, or None; see `read`. A backend overrides it where one entry costs less than all."""
        return self.read().get(key)

    def record(self, kind: RecordKind[R], key: str) -> R | None:
        """Return one record, or None; see `records`. A backend overrides it where one record costs less than all."""
        return self.records(kind).get(key)

    def notes(self) -> Mapping[str, Note]:
        """Return the notes by tenant; see `records`."""
        return self.records(NOTES)

    def clients(self) -> Mapping[str, ClientRecord]:
        """Return the registered clients by key; see `records`."""
        return self.records(CLIENTS)

    def servers(self) -> Mapping[str, AddedServer]:
        """Return the added MCP servers by name; see `records`."""
        return self.records(SERVERS)

    def facts(self) -> Mapping[str, LoginFacts]:
        """Return the facts of the logins by tenant; see `records`."""
        return self.records(FACTS)

    def threads(self) -> Mapping[str, ThreadRecord]:
        """Return the records about threads by key; see `records`."""
        return self.records(THREADS)
