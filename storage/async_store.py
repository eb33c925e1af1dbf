"""The asynchronous face of a store: each commit takes one worker thread, however many callers asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final, TypeVar

from openab_auth.storage.commit.mutation import Done, Failed, Mutation
from openab_auth.storage.commit.timing import CommitObserver, TimedCommit
from openab_auth.storage.entries import Entry, LoginEntry
from openab_auth.storage.reader import Problem
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
from openab_auth.storage.store import Lease, Store
from openab_auth.storage.worker_thread import in_thread

T = TypeVar("T")
R = TypeVar("R")
_LOOK: Final = 0.01  # seconds; long enough for one question


class AsyncStore:
    """A store for one event loop; the `observer` is told about each commit.

    Updates that callers ask for during a commit share the next commit (group commit). A cancelled caller does not
    withdraw its mutation, and does not disturb other callers.
    """

    def __init__(self, store: Store, observer: CommitObserver | None = None) -> None:
        self._store = store
        self._observer = observer
        self._waiting: list[tuple[Mutation[Any], asyncio.Future[Any]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def read(self) -> Mapping[str, Entry]:
        """Return all entries; see `Store.read`. An unchanged store needs no worker thread."""
        entries = self._store.peek()
        return await in_thread(self._store.read) if entries is None else entries

    async def records(self, kind: RecordKind[R]) -> Mapping[str, R]:
        """Return all records of one kind; see `Store.records`. Known records need no worker thread."""
        records = self._store.peek_records(kind)
        return await in_thread(self._store.records, kind) if records is None else records

    async def entry(self, key: str) -> Entry | None:
        """Return one entry, or None; see `StoreReader.entry`. An unchanged store needs no worker thread."""
        entries = self._store.peek()
        return await in_thread(self._store.entry, key) if entries is None else entries.get(key)

    async def record(self, kind: RecordKind[R], key: str) -> R | None:
        """Return one record, or None; see `StoreReader.record`. Known records need no worker thread."""
        records = self._store.peek_records(kind)
        return await in_thread(self._store.record, kind, key) if records is None else records.get(key)

    async def notes(self) -> Mapping[str, Note]:
        """Return the notes by tenant; see `Store.records`."""
        return await self.records(NOTES)

    async def clients(self) -> Mapping[str, ClientRecord]:
        """Return the registered clients by key; see `Store.records`."""
        return await self.records(CLIENTS)

    async def servers(self) -> Mapping[str, AddedServer]:
        """Return the added MCP servers by name; see `Store.records`."""
        return await self.records(SERVERS)

    async def facts(self) -> Mapping[str, LoginFacts]:
        """Return the facts of the logins by tenant; see `Store.records`."""
        return await self.records(FACTS)

    async def threads(self) -> Mapping[str, ThreadRecord]:
        """Return the records about threads by key; see `Store.records`."""
        return await self.records(THREADS)

    async def problems(self) -> tuple[Problem, ...]:
        """Return everything that an operator should repair; see `Store.problems`."""
        return await in_thread(self._store.problems)

    async def check_writable(self) -> None:
        """Prove that a commit would succeed now; see `Store.check_writable`."""
        await in_thread(self._store.check_writable)

    async def prepare_keys(self, keys: Sequence[str], environ: Mapping[str, str]) -> Callable[[], None]:
        """Read the keys of the settings again; see `Store.prepare_keys`."""
        return await in_thread(self._store.prepare_keys, keys, environ)

    async def check_usable(self) -> None:
        """Prove that the store can be read and its locks can be opened, without changing anything."""
        await in_thread(self._store.check_usable)

    async def spill(
        self, tenant: str, entry: LoginEntry, replaces: LoginEntry | None, note: Note | None = None
    ) -> bool:
        """Keep a login that could not be committed; see `Store.spill`."""
        return await in_thread(self._store.spill, tenant, entry, replaces, note)

    async def run(self, work: Callable[[Store], T]) -> T:
        """Call `work` with the synchronous store in a worker thread, and return what it returns."""
        return await in_thread(work, self._store)

    def run_here(self, work: Callable[[Store], T]) -> T:
        """Call `work` in this thread; the event loop is blocked until it returns, so this is a last resort."""
        return work(self._store)

    def lease(self, tenant: str) -> Lease:
        """Return the lease of the tenant, which is not taken yet; see `Store.lease`."""
        return self._store.lease(tenant)

    def version(self) -> Hashable:
        """Return the version of the store; see `Store.version`."""
        return self._store.version()

    def age(self) -> float:
        """Return for how many seconds the store may have been different from what is known; see `Store.age`."""
        return self._store.age()

    async def look(self) -> None:
        """Ask a backend that serves from memory for its version, so that the next read is up to date."""
        if self.age() > 0:
            await self.wait_for_change(self.version(), _LOOK)

    async def wait_for_change(self, since: Hashable, timeout: float) -> bool:  # noqa: ASYNC109 -- returns False, raises nothing
        """Wait until the version differs from `since`; return False if it is still the same after `timeout` seconds."""
        return await self._store.wait_for_change(since, timeout)

    async def update(self, mutate: Mutation[T]) -> T:
        """Run one mutation in the next commit, in a worker thread, and return what it returned; see `Store.update`.

        Raises:
            StorageError: the commit failed as a whole.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._waiting.append((mutate, done))
        if self._committing is None:
            self._committing = loop.create_task(self._commit_waiting())
            self._committing.add_done_callback(self._end)
        return await done

    async def aclose(self) -> None:
        """Wait for the running commits, and close the store; see `Store.close`."""
        while self._committing is not None:
            await asyncio.wait([self._committing])
        if type(self._store).close is not Store.close:  # most backends hold nothing open, and need no thread
            await in_thread(self._store.close)

    async def _commit_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._commit(batch)
        finally:
            self._end(self._committing)

    def _end(self, committing: asyncio.Task[None] | None) -> None:
        """Forget the task that commits. It may be cancelled before its first step, so its callback calls this, too."""
        if self._committing is committing:
            self._committing = None
            for _, done in self._waiting:  # not empty only when the event loop is shutting down
                done.cancel()
            self._waiting = []

    async def _commit(self, batch: list[tuple[Mutation[Any], asyncio.Future[Any]]]) -> None:
        mutations = [mutate for mutate, _ in batch]
        outcomes: list[Done[Any] | Failed]
        try:
            outcomes = await self._update_all(mutations)
        except Exception as error:  # noqa: BLE001 -- every waiting caller gets it
            outcomes = [Failed(error)] * len(batch)
        except BaseException:
            for _, done in batch:
                done.cancel()
            raise
        for (_, done), outcome in zip(batch, outcomes, strict=True):
            _settle(done, outcome)

    async def _update_all(self, mutations: list[Mutation[Any]]) -> list[Done[Any] | Failed]:
        if self._observer is None:
            return await in_thread(self._store.update_all, mutations)
        timed, failed = TimedCommit(mutations), None
        try:
            return await in_thread(self._store.update_all, timed.mutations)
        except Exception as error:
            failed = error
            raise
        finally:
            self._observer.committed(timed.report(failed))


def _settle(done: asyncio.Future[Any], outcome: Done[Any] | Failed) -> None:
    if done.done():  # its caller was cancelled
        return
    if isinstance(outcome, Done):
        done.set_result(outcome.value)
    elif isinstance(outcome.error, StopIteration):  # a future refuses to carry a StopIteration
        done.set_exception(RuntimeError(repr(outcome.error)))
    else:
        done.set_exception(outcome.error)
