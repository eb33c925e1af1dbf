"""Every backend keeps the promises of `Store`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from openab_auth.storage import (
    Done,
    Entry,
    Failed,
    FileStore,
    Lease,
    LoginEntry,
    MemoryStore,
    Mutation,
    Note,
    Problem,
    RecordKind,
    Store,
    TimedLease,
)
from tests.storage.contract.store_contract import StoreContract
from tests.support.clock import Clock

R = TypeVar("R")


class OtherBackend(Store):
    """A backend with only the methods that every backend must write, without those of our own backends."""

    def __init__(self, clock: Clock) -> None:
        self._inner = MemoryStore(clock=clock)

    def read(self) -> Mapping[str, Entry]:
        return self._inner.read()

    def peek(self) -> None:
        """Return None: this backend knows nothing without a request to its server."""

    def version(self) -> Hashable:
        return self._inner.version()

    def records(self, kind: RecordKind[R]) -> Mapping[str, R]:
        return self._inner.records(kind)

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        return self._inner.update_all(mutations)

    def lease(self, tenant: str) -> Lease:
        return self._inner.lease(tenant)

    def spill(self, tenant: str, entry: LoginEntry, replaces: LoginEntry | None, note: Note | None = None) -> bool:
        return self._inner.spill(tenant, entry, replaces, note)

    def timed_lease(self, name: str) -> TimedLease:
        return self._inner.timed_lease(name)

    def check_writable(self) -> None:
        self._inner.check_writable()

    def problems(self) -> tuple[Problem, ...]:
        return self._inner.problems()


class TestFileStore(StoreContract):
    @pytest.fixture
    def store(self, path: Path, clock: Clock) -> Store:
        return FileStore(path, clock=clock)


class TestMemoryStore(StoreContract):
    has_journal = False

    @pytest.fixture
    def store(self, clock: Clock) -> Store:
        return MemoryStore(clock=clock)


class TestOtherBackend(StoreContract):
    has_journal = False

    @pytest.fixture
    def store(self, clock: Clock) -> Store:
        return OtherBackend(clock)
