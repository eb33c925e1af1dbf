"""The same promises in a dict, for one process: for tests and for trying things out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeVar

from openab_auth.storage import batch
from openab_auth.storage.draft import LazyRecords
from openab_auth.storage.entries import Entry, LoginEntry
from openab_auth.storage.format import codec
from openab_auth.storage.format.keys import sidecar_name
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.records.notes import Note
from openab_auth.storage.records.servers import AddedServer
from openab_auth.storage.secret import Secret
from openab_auth.storage.spill_rule import comes_after, replaced_mark
from openab_auth.storage.store import Done, Failed, Mutation, Problem

T = TypeVar("T")
_FILE: Final = "auth.json"  # the name rules are those of the file, so that entries can move there


class MemoryStore:
    """A store that ends with its process; may be shared by threads."""

    def __init__(self, entries: Mapping[str, Entry] | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._entries: dict[str, Entry] = dict(entries or {})
        self._notes: dict[str, Note] = {}
        self._clients: dict[str, ClientRecord] = {}
        self._servers: dict[str, AddedServer] = {}
        self._version = 0
        self._lock = threading.Lock()
        self._held: set[str] = set()

    def read(self) -> Mapping[str, Entry]:
        """All entries as last committed."""
        return MappingProxyType(self._entries)

    peek = read

    def version(self) -> Hashable:
        """How many commits there were."""
        return self._version

    def notes(self) -> Mapping[str, Note]:
        """The notes by tenant."""
        return MappingProxyType(self._notes)

    def clients(self) -> Mapping[str, ClientRecord]:
        """The clients by key."""
        return MappingProxyType(self._clients)

    def servers(self) -> Mapping[str, AddedServer]:
        """The MCP servers that people added, by name."""
        return MappingProxyType(self._servers)

    def problems(self) -> tuple[Problem, ...]:
        """None: there is nothing that could break."""
        return ()

    def update(self, mutate: Mutation[T]) -> T:
        """Run `mutate` alone and commit what it changed; what it raises is raised and commits nothing."""
        (outcome,) = self.update_all([mutate])
        if isinstance(outcome, Failed):
            raise outcome.error
        value: T = outcome.value
        return value

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        """Run many in one commit; one that raises is dropped alone."""
        with self._lock:
            beside = batch.Records(LazyRecords(self.notes), LazyRecords(self.clients), LazyRecords(self.servers))
            after = batch.run(mutations, self._entries, beside, file=_FILE, now=self._clock())
            if not after.all_failed:
                self._version += after.entries != self._entries
                self._entries = after.entries
                self._notes = beside.notes.records
                self._clients = beside.clients.records
                self._servers = beside.servers.records
        return after.outcomes

    def spill(self, tenant: str, entry: LoginEntry, replaces: Secret | None) -> None:
        """Take the renewed login in, unless another one came in since `replaces` was read.

        Raises:
            StorageError: no store could keep it.
        """
        sidecar_name(_FILE, tenant)
        codec.check(tenant, entry)
        with self._lock:
            if comes_after(entry, self._entries.get(tenant), (replaced_mark(replaces),)):
                self._entries = {**self._entries, tenant: entry}
                self._version += 1

    def lease(self, tenant: str) -> MemoryLease:
        """The tenant's refresh lock, not yet taken.

        Raises:
            InvalidTenantError: no sidecar could bear this name.
        """
        sidecar_name(_FILE, tenant)
        return MemoryLease(tenant, self._held, self._lock)

    def check_writable(self) -> None:
        """Without effect: a dict can always be written."""


class MemoryLease:
    """The right to refresh one tenant, among the holders of one MemoryStore."""

    def __init__(self, tenant: str, held: set[str], guard: threading.Lock) -> None:
        self._tenant = tenant
        self._all_held = held
        self._guard = guard
        self._mine = False

    def try_acquire(self) -> bool:
        """Take it if it is free; never waits for another holder."""
        with self._guard:
            if self._tenant in self._all_held:
                return False
            self._all_held.add(self._tenant)
            self._mine = True
            return True

    def release(self) -> None:
        """Give it back; without effect when it is not held."""
        with self._guard:
            if self._mine:
                self._all_held.discard(self._tenant)
                self._mine = False
