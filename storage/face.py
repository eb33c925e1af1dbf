"""The store for an event loop: one worker-thread hop per call, concurrent updates in one commit, warm reads inline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, TypeVar

from storage.entries import Entry
from storage.notes import Note
from storage.store import Failed, Mutation, Problem, RefreshLock, Store

T = TypeVar("T")
POLL: Final = 0.005  # seconds between two looks at the store's version


class AsyncStore:
    """Awaits what `Store` does; use one for each event loop.

    Group commit: updates that are asked for while a commit is under way go together into the next one: one lock, one
    read, one fsync. Each keeps its own outcome. A caller that is cancelled does not take its update back.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._waiting: list[tuple[Mutation[Any], asyncio.Future[Any]]] = []
        self._committer: asyncio.Task[None] | None = None
        self._read_version: Hashable = object()

    async def read(self) -> Mapping[str, Entry]:
        """All entries as last committed; one `stat`, without a thread, while nothing has changed.

        Raises:
            StoreUnreadableError: the store is there but could not be read.
        """
        version = self.store.version()
        if version == self._read_version:
            return self.store.read()
        entries = await asyncio.to_thread(self.store.read)
        self._read_version = version  # if it changed since, the next read sees another version and hops again
        return entries

    async def notes(self) -> Mapping[str, Note]:
        """The notes by tenant; empty when they were lost."""
        return await asyncio.to_thread(self.store.notes)

    async def problems(self) -> tuple[Problem, ...]:
        """What an operator should repair."""
        return await asyncio.to_thread(self.store.problems)

    async def check_writable(self) -> None:
        """Prove that a commit could be made now.

        Raises:
            StoreUnwritableError: it could not.
        """
        await asyncio.to_thread(self.store.check_writable)

    async def update(self, mutate: Callable[..., T]) -> T:
        """Run `mutate` on the entries under the global lock, in a worker thread, and commit what it changed.

        Raises:
            StorageError: nothing was committed. What `mutate` raises is raised too, and commits nothing.
        """
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((mutate, outcome))
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit_waiting(), name="openab-auth commit")
        return await asyncio.shield(outcome)

    def refresh_lock(self, tenant: str) -> RefreshLock:
        """The tenant's refresh lock, not yet taken; `try_acquire` opens a file, so call it in a thread."""
        return self.store.refresh_lock(tenant)

    def version(self) -> Hashable:
        """Differs whenever `read` may give something else."""
        return self.store.version()

    async def changed(self, since: Hashable, timeout: float) -> bool:  # noqa: ASYNC109 - asyncio.timeout would raise
        """Wait until `version` is another than `since`; False after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while self.store.version() == since:
            left = deadline - loop.time()
            if left <= 0:
                return False
            await asyncio.sleep(min(POLL, left))
        return True

    async def aclose(self) -> None:
        """Wait until every update that was asked for is committed or refused."""
        while self._committer is not None and not self._committer.done():
            await asyncio.shield(self._committer)

    async def _commit_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                outcomes = await asyncio.to_thread(self.store.update_all, [mutate for mutate, _ in batch])
            except Exception as error:  # noqa: BLE001 - it is each waiting caller's to handle
                for _, future in batch:
                    _settle(future, Failed(error))
            else:
                for (_, future), outcome in zip(batch, outcomes, strict=True):
                    _settle(future, outcome)


def _settle(future: asyncio.Future[Any], outcome: Any) -> None:  # noqa: ANN401 - Done of whatever the caller returns
    if future.done():
        return
    if isinstance(outcome, Failed):
        future.set_exception(outcome.error)
        future.exception()  # seen: a caller that was cancelled leaves nobody to look at it
    else:
        future.set_result(outcome.value)
