"""The two locks of a store: the global one of every write, and a refresh lock for each tenant.

Sidecars stay empty and are never deleted: unlinking one would split its waiters over two inodes. Order: the tenant's
lock, then the global one; never the reverse.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from storage.errors import StoreBusyError
from storage.flock import Flock

if TYPE_CHECKING:
    from storage.waiting import Queue

T = TypeVar("T")


class GlobalLock:
    """The lock of every write, between threads and between processes, with a bound on the wait for both together."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._lock = Flock(path)
        self._begin_process()

    def _begin_process(self) -> None:
        self._process = os.getpid()
        self._threads = threading.Lock()
        self._queue: Queue | None = None
        self._is_wanted = False  # others waited too when it was taken last, so that to try first would be in vain

    def run(self, section: Callable[[], T], afterwards: Sequence[Callable[[], None]] = ()) -> T:
        """Hold it while `section` runs, here or in the thread that waited for it, and give what that returns.

        `afterwards`, which the section may have filled, runs when the lock is free again, the last first.

        Raises:
            StoreBusyError: it was not free in time.
            StoreUnwritableError: its sidecar cannot be opened.
        """
        if self._process != os.getpid():  # forked, perhaps while another thread had it
            self._begin_process()
        deadline = time.monotonic() + self._timeout
        if not self._threads.acquire(timeout=self._timeout):
            raise StoreBusyError(self._path, self._timeout)
        try:
            if not self._is_wanted and self._lock.try_acquire():
                return self._lock.run(section, afterwards)
            return self._wait(section, afterwards, deadline)
        finally:
            self._threads.release()

    def check(self) -> None:
        """Prove that the sidecar can be opened; whether it is free does not matter.

        Raises:
            StoreUnwritableError: it cannot.
        """
        self._lock.probe()

    def _wait(self, section: Callable[[], T], afterwards: Sequence[Callable[[], None]], deadline: float) -> T:
        from storage.waiting import Queue, Turn  # noqa: PLC0415 -- whom nobody keeps waiting need not load it

        turn = Turn(section, afterwards)
        if self._queue is None or not self._queue.ask(turn):
            self._queue = Queue(Flock(self._path, keep_open=True))
            self._queue.ask(turn)
        if not turn.wait(deadline):
            raise StoreBusyError(self._path, self._timeout)
        self._is_wanted = turn.waited
        return turn.result()


class TenantLock:
    """The refresh lock of one tenant; each object is a holder of its own, also within one process."""

    def __init__(self, path: Path, when_taken: Callable[[], None]) -> None:
        self._lock = Flock(path)
        self._when_taken = when_taken

    def try_acquire(self) -> bool:
        """Take it if it is free; never waits.

        Raises:
            StoreUnwritableError: its sidecar cannot be opened, so nobody here may refresh.
        """
        taken = self._lock.try_acquire()
        if taken:
            self._when_taken()
        return taken

    def release(self) -> None:
        """Give it back; without effect when it is not held."""
        self._lock.release()
