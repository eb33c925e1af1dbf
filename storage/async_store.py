"""The async face of a store: one thread hop for each commit, however many callers ask for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, TypeVar

from openab_auth.storage.entries import Entry, LoginEntry
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.records.notes import Note
from openab_auth.storage.records.servers import AddedServer
from openab_auth.storage.secret import Secret
from openab_auth.storage.store import Done, Failed, Lease, Mutation, Problem, Store
from openab_auth.storage.worker_thread import in_thread

T = TypeVar("T")
_POLL: Final = 0.01  # seconds between two looks at the version; 64 waiters are to leave the processors free


class AsyncStore:
    """A store for one event loop.

    Updates that are asked for while a commit is under way go together into the next one (group commit). A caller that
    is cancelled neither takes its mutation back nor disturbs the others'.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[Mutation[Any], asyncio.Future[Any]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def read(self) -> Mapping[str, Entry]:
        """As `Store.read`; without a thread hop while the store is unchanged."""
        entries = self._store.peek()
        return await in_thread(self._store.read) if entries is None else entries

    async def notes(self) -> Mapping[str, Note]:
        """As `Store.notes`."""
        return await in_thread(self._store.notes)

    async def clients(self) -> Mapping[str, ClientRecord]:
        """As `Store.clients`."""
        return await in_thread(self._store.clients)

    async def servers(self) -> Mapping[str, AddedServer]:
        """As `Store.servers`."""
        return await in_thread(self._store.servers)

    async def problems(self) -> tuple[Problem, ...]:
        """As `Store.problems`."""
        return await in_thread(self._store.problems)

    async def check_writable(self) -> None:
        """As `Store.check_writable`."""
        await in_thread(self._store.check_writable)

    async def spill(self, tenant: str, entry: LoginEntry, replaces: Secret | None) -> None:
        """As `Store.spill`."""
        await in_thread(self._store.spill, tenant, entry, replaces)

    async def run(self, work: Callable[[Store], T]) -> T:
        """Return what `work` makes of the store, in a worker thread."""
        return await in_thread(work, self._store)

    def run_here(self, work: Callable[[Store], T]) -> T:
        """As `run`, in this thread, which stands still for as long as it takes: a last resort."""
        return work(self._store)

    def lease(self, tenant: str) -> Lease:
        """As `Store.lease`."""
        return self._store.lease(tenant)

    def version(self) -> Hashable:
        """As `Store.version`."""
        return self._store.version()

    async def wait_for_change(self, since: Hashable, timeout: float) -> bool:  # noqa: ASYNC109 -- an answer, not an error, ends it
        """Wait until the version is no longer `since`; False when it still is after `timeout` seconds."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout
        while self._store.version() == since:
            left = deadline - clock()
            if left <= 0:
                return False
            await asyncio.sleep(min(_POLL, left))
        return True

    async def update(self, mutate: Mutation[T]) -> T:
        """As `Store.update`, in the next commit; `mutate` runs in a worker thread.

        Raises:
            StorageError: the commit that this was part of failed as a whole.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._waiting.append((mutate, done))
        if self._committing is None:
            self._committing = loop.create_task(self._commit_waiting())
        return await done

    async def aclose(self) -> None:
        """Wait for the commits under way."""
        while self._committing is not None:
            await asyncio.wait([self._committing])

    async def _commit_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._commit(batch)
        finally:
            self._committing = None
            for _, done in self._waiting:  # only when the loop is shutting down
                done.cancel()
            self._waiting = []

    async def _commit(self, batch: list[tuple[Mutation[Any], asyncio.Future[Any]]]) -> None:
        mutations = [mutate for mutate, _ in batch]
        outcomes: list[Done[Any] | Failed]
        try:
            outcomes = await in_thread(self._store.update_all, mutations)
        except Exception as error:  # noqa: BLE001 -- it belongs to those who wait
            outcomes = [Failed(error)] * len(batch)
        except BaseException:
            for _, done in batch:
                done.cancel()
            raise
        for (_, done), outcome in zip(batch, outcomes, strict=True):
            _settle(done, outcome)


def _settle(done: asyncio.Future[Any], outcome: Done[Any] | Failed) -> None:
    if done.done():  # its caller was cancelled
        return
    if isinstance(outcome, Done):
        done.set_result(outcome.value)
    elif isinstance(outcome.error, StopIteration):  # a future cannot carry it
        done.set_exception(RuntimeError(repr(outcome.error)))
    else:
        done.set_exception(outcome.error)
