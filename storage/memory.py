"""A store in the memory of one process: for tests, and for programs that embed the store and keep no login.

It keeps every promise of `Store` among the threads of this process. All logins end with the process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from openab_auth.storage.boot_clock import boot_clock
from openab_auth.storage.commit import batch
from openab_auth.storage.commit.draft import Overlay
from openab_auth.storage.commit.mutation import Done, Failed, Mutation
from openab_auth.storage.entries import Entry, LoginEntry
from openab_auth.storage.format import codec
from openab_auth.storage.format.keys import check_tenant
from openab_auth.storage.reader import Problem
from openab_auth.storage.records import FACTS, KINDS, NOTES, Note, RecordKind
from openab_auth.storage.spill_rule import comes_after, replaced_marks
from openab_auth.storage.store import Lease, Store, TimedLease

R = TypeVar("R")


class MemoryStore(Store):
    """A store that ends with its process; threads may share it. `clock` returns unix seconds."""

    def __init__(self, entries: Mapping[str, Entry] | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._entries: dict[str, Entry] = dict(entries or {})
        self._records: dict[str, dict[str, Any]] = {kind.name: {} for kind in KINDS}
        self._version = 0
        self._lock = threading.Lock()
        self._held: set[str] = set()  # the tenants whose lease is taken
        self._timed: dict[str, tuple[str, float]] = {}  # the holder of each timed lease, and its end

    def read(self) -> Mapping[str, Entry]:
        """Return all entries as they were last committed."""
        return MappingProxyType(self._entries)

    peek = read

    def version(self) -> Hashable:
        """Return the number of commits."""
        return self._version

    def records(self, kind: RecordKind[R]) -> Mapping[str, R]:
        """Return all records of one kind by key."""
        return MappingProxyType(self._records[kind.name])

    def peek_records(self, kind: RecordKind[R]) -> Mapping[str, R] | None:
        """Return all records of one kind by key."""
        return self._records[kind.name]

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        """Run the mutations in one commit; drop a mutation that raises an error alone."""
        with self._lock:
            records = batch.Records(self.records)
            after = batch.run(mutations, Overlay(self._entries), records, now=self._clock())
            if not after.all_failed:
                self._version += after.entries.differs
                self._entries = after.entries.merged()
                self._records = {name: changed.merged() for name, changed in records.by_name.items()}
        return after.outcomes

    def lease(self, tenant: str) -> MemoryLease:
        """Return the lease of the tenant, which is not taken yet.

        Raises:
            InvalidTenantError: no store accepts this name.
        """
        check_tenant(tenant)
        return MemoryLease(tenant, self._held, self._lock)

    def timed_lease(self, name: str) -> MemoryTimedLease:
        """Return the right with this name; see `Store.timed_lease`."""
        return MemoryTimedLease(name, self._timed, self._lock)

    def spill(self, tenant: str, entry: LoginEntry, replaces: LoginEntry | None, note: Note | None = None) -> bool:
        """Store the login, unless another login or a logout was committed after `replaces` was read; see `Store.spill`.

        Raises:
            StorageError: no store accepts this tenant or this entry.
        """
        check_tenant(tenant)
        codec.check(tenant, entry)
        with self._lock:
            if not comes_after(entry, self._entries.get(tenant), replaced_marks(replaces)):
                return False
            self._entries = {**self._entries, tenant: entry}
            if note is not None:
                self._records = {**self._records, NOTES.name: {**self._records[NOTES.name], tenant: note}}
            elif held := self.facts().get(tenant):
                facts = held.taken_over(replaced_marks(replaces), entry.refresh_token) or held
                self._records = {**self._records, FACTS.name: {**self._records[FACTS.name], tenant: facts}}
            self._version += 1
            return True

    def check_writable(self) -> None:
        """Do nothing: memory can always be written."""

    def problems(self) -> tuple[Problem, ...]:
        """Return no problem: nothing here needs a repair."""
        return ()


class MemoryLease(Lease):
    """The right to refresh one tenant of one `MemoryStore`."""

    def __init__(self, tenant: str, held: set[str], guard: threading.Lock) -> None:
        """Share `held`, the tenants whose lease is taken; `guard` protects it."""
        self._tenant = tenant
        self._all_held = held
        self._guard = guard
        self._mine = False

    def try_acquire(self) -> bool:
        """Take the lease if it is free, without waiting for its holder, and return whether it was taken."""
        with self._guard:
            if self._tenant in self._all_held:
                return False
            self._all_held.add(self._tenant)
            self._mine = True
            return True

    def release(self) -> None:
        """Give the lease back; do nothing when it is not held."""
        with self._guard:
            if self._mine:
                self._all_held.discard(self._tenant)
                self._mine = False


class MemoryTimedLease(TimedLease):
    """A right among the threads of this process."""

    def __init__(self, name: str, held: dict[str, tuple[str, float]], guard: threading.Lock) -> None:
        """Share `held`, the holder of each right and its end; `guard` protects it."""
        self._name = name
        self._held = held
        self._guard = guard

    def take(self, holder: str, seconds: float) -> bool:
        """Take or renew the right; see `TimedLease.take`."""
        with self._guard:
            found, until = self._held.get(self._name, (holder, 0.0))
            may_take = found == holder or boot_clock() >= until
            if may_take:
                self._held[self._name] = holder, boot_clock() + seconds
        return may_take

    def end(self, holder: str) -> None:
        """Give the right back if `holder` has it."""
        with self._guard:
            if self._held.get(self._name, ("", 0.0))[0] == holder:
                del self._held[self._name]
