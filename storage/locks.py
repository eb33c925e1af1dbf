"""The two locks of a store: the global one of every write, and a refresh lock for each tenant.

Sidecars stay empty and are never deleted: unlinking one would split its waiters over two inodes. Order: the tenant's
lock, then the global one; never the reverse.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from storage.errors import StoreBusyError
from storage.flock import Flock

T = TypeVar("T")


class GlobalLock:
    """The lock of every write, between threads and between processes, with a bound on the wait for both together."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._threads = threading.Lock()
        self._queued: _Queued | None = None

    def run(self, section: Callable[[], T]) -> T:
        """Hold it while `section` runs, here or in the thread that waited for it, and give what that returns.

        Raises:
            StoreBusyError: it was not free in time.
            StoreUnwritableError: its sidecar cannot be opened.
        """
        deadline = time.monotonic() + self._timeout
        if not self._threads.acquire(timeout=self._timeout):
            raise StoreBusyError(self._path, self._timeout)
        try:
            lock = Flock(self._path)
            if lock.try_acquire():
                try:
                    return section()
                finally:
                    lock.release()
            return self._run_in_turn(section, deadline)
        finally:
            self._threads.release()

    def check(self) -> None:
        """Prove that the sidecar can be opened; whether it is free does not matter.

        Raises:
            StoreUnwritableError: it cannot.
        """
        Flock(self._path).probe()

    def _run_in_turn(self, section: Callable[[], T], deadline: float) -> T:
        values: list[T] = []

        def keep_value() -> None:
            values.append(section())

        if self._queued is None or not self._queued.ask(keep_value):
            self._queued = _Queued(Flock(self._path), keep_value)
        if not self._queued.wait(deadline):
            raise StoreBusyError(self._path, self._timeout)
        return values[0]


class _Queued:
    """A thread that waits in the kernel's queue for the lock, and runs there what was asked for.

    Trying again and again instead would let others pass for as long as one is unlucky, and flock(2) has no time limit.
    Handing the lock to the thread that asked would leave it idle until that one is awake. Who gives up leaves the
    thread in the queue for the next one who comes, so that there is never more than one.
    """

    def __init__(self, lock: Flock, section: Callable[[], None]) -> None:
        self._lock = lock
        self._section: Callable[[], None] | None = section
        self._changed = threading.Condition()
        self._begun = self._ended = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="openab-auth-lock", daemon=True)
        self._thread.start()

    def ask(self, section: Callable[[], None]) -> bool:
        """Run this one when it is its turn; False when that is over, or the thread was lost in a fork."""
        with self._changed:
            if self._begun or not self._thread.is_alive():
                return False
            self._section = section
            return True

    def wait(self, deadline: float) -> bool:
        """Wait until the section has run, and raise what it raised; False when it did not begin before the deadline."""
        with self._changed:
            try:
                self._changed.wait_for(lambda: self._ended, max(deadline - time.monotonic(), 0.0))
            finally:
                self._section = None
            if not self._begun:
                return False
            self._changed.wait_for(lambda: self._ended)
        if self._error is not None:
            raise self._error
        return True

    def _run(self) -> None:
        try:
            self._lock.acquire()
            with self._changed:
                self._begun, section = True, self._section
            if section is not None:
                section()
        except BaseException as error:  # noqa: BLE001 -- it belongs to the one who waits
            self._error = error
        self._lock.release()
        with self._changed:
            self._begun = self._ended = True
            self._changed.notify()


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
