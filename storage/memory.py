"""The store's promises in a dict, for one process: tests and bots that must not leave a file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from storage.entries import Entry
from storage.filestore import run_all
from storage.notes import Note
from storage.store import Done, Failed, Mutation, Problem, T
from storage.sweep import stale
from storage.tenants import check_tenant


class MemoryStore:
    """Entries of this process alone; `clock` gives unix seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: Mapping[str, Entry] = MappingProxyType({})
        self._notes: Mapping[str, Note] = MappingProxyType({})
        self._version = 0
        self._refresh_locks: dict[str, threading.Lock] = {}

    def read(self) -> Mapping[str, Entry]:
        """All entries as last committed."""
        return self._entries

    def notes(self) -> Mapping[str, Note]:
        """The notes by tenant."""
        return self._notes

    def problems(self) -> tuple[Problem, ...]:
        """None: there is nothing that could be damaged."""
        return ()

    def update(self, mutate: Mutation[T]) -> T:
        """As `Store.update`."""
        [outcome] = self.update_all([mutate])
        if isinstance(outcome, Failed):
            raise outcome.error
        return outcome.value  # type: ignore[no-any-return]  # what `mutate` returned

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        """As `Store.update_all`."""
        with self._lock:
            entries, notes = dict(self._entries), dict(self._notes)
            for key in stale(entries, self._clock()):
                del entries[key]
            outcomes, _, _ = run_all(mutations, entries, notes)
            self._notes = MappingProxyType({tenant: note for tenant, note in notes.items() if tenant in entries})
            if entries != self._entries:
                self._entries = MappingProxyType(entries)
                self._version += 1
        return outcomes

    def refresh_lock(self, tenant: str) -> MemoryLock:
        """The tenant's refresh lock, not yet taken."""
        check_tenant(tenant)
        with self._lock:
            return MemoryLock(self._refresh_locks.setdefault(tenant, threading.Lock()))

    def version(self) -> Hashable:
        """Counts the commits that changed something."""
        return self._version

    def check_writable(self) -> None:
        """A dict is always writable."""


class MemoryLock:
    """One holder's claim on one tenant."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._held = False

    def try_acquire(self) -> bool:
        """Take it if it is free."""
        self._held = self._held or self._lock.acquire(blocking=False)
        return self._held

    def release(self) -> None:
        """Give it back; without effect when it is not held."""
        if self._held:
            self._held = False
            self._lock.release()
