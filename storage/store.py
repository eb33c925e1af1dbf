"""What every backend promises, so that bots and agents need not know which one they use."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from openab_auth.storage.draft import Draft
from openab_auth.storage.entries import Entry, LoginEntry
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.records.notes import Note
from openab_auth.storage.records.servers import AddedServer
from openab_auth.storage.secret import Secret

T = TypeVar("T")
Mutation: TypeAlias = Callable[[Draft], T]


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A mutation that was committed (or changed nothing), with what it returned."""

    value: T


@dataclass(frozen=True, slots=True)
class Failed:
    """A mutation that raised, or wrote what must not be written; it alone was dropped."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the store that an operator should repair: what it is and how to mend it.

    `ended` says that it is a file which may hold tokens of a login that has ended.
    """

    what: str
    repair: str
    ended: bool = False


class Lease(Protocol):
    """The right to refresh one tenant, held by one task of one process on all hosts of the store at a time."""

    def try_acquire(self) -> bool:
        """Take it if it is free; never waits. Raises StorageError if it cannot be opened: then nobody refreshes."""
        ...

    def release(self) -> None:
        """Give it back; without effect when it is not held."""
        ...


class Store(Protocol):
    """Credential entries with locked updates. Every method is synchronous and may block, `version` and `peek` apart."""

    def read(self) -> Mapping[str, Entry]:
        """All entries as last committed, without a lock.

        Raises:
            StoreUnreadableError: it is there but could not be read.
        """
        ...

    def peek(self) -> Mapping[str, Entry] | None:
        """As `read` when the entries are known to be current, else None; costs one `stat`, as `version` does."""
        ...

    def notes(self) -> Mapping[str, Note]:
        """The notes by tenant; empty when they were lost.

        Raises:
            StoreUnreadableError: they are there but could not be read.
        """
        ...

    def clients(self) -> Mapping[str, ClientRecord]:
        """The clients that servers registered for us, by key; empty when they were lost.

        Raises:
            StoreUnreadableError: they are there but could not be read.
        """
        ...

    def servers(self) -> Mapping[str, AddedServer]:
        """The MCP servers that people added, by name; empty when they were lost.

        Raises:
            StoreUnreadableError: they are there but could not be read.
        """
        ...

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the store as it is now, for `status`; changes nothing."""
        ...

    def update(self, mutate: Mutation[T]) -> T:
        """Run `mutate` on the entries as they are under the global lock, and commit what it changed.

        Raises:
            ServersUnwrittenError: all was committed but what it changed of the added servers.
            StorageError: nothing was committed. What `mutate` raises is raised too, and commits nothing.
        """
        ...

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        """As `update` for many, in order, in one commit; a mutation that raises is dropped alone.

        Raises:
            StorageError: nothing was committed, of none of them.
        """
        ...

    def spill(self, tenant: str, entry: LoginEntry, replaces: Secret | None) -> None:
        """Keep a login that could not be committed; `replaces` is the refresh token whose login it takes the place of.

        None stands for no login.

        From now on `read` gives it in every process, and the next update commits it. A login or logout that came in
        since `replaces` was read wins. To be called under the tenant's refresh lock.

        Raises:
            StorageError: it could not be kept; whoever has it must hold it in memory and try again.
        """
        ...

    def lease(self, tenant: str) -> Lease:
        """The tenant's refresh lock, not yet taken.

        Raises:
            InvalidTenantError: no sidecar can bear this name.
        """
        ...

    def version(self) -> Hashable:
        """Differs whenever `read` may give something else; costs one `stat`, so it may be asked on an event loop."""
        ...

    def check_writable(self) -> None:
        """Prove that a commit could be made now, space included, without changing anything.

        Raises:
            StoreUnwritableError: it could not.
        """
        ...
