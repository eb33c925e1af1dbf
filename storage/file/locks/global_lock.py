"""The global lock of a file store, which every write takes.

Sidecars stay empty and are never deleted: after an unlink, two processes could lock two different files. Take the lease
of a tenant before the global lock, never after it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from openab_auth.storage.errors import StoreBusyError
from openab_auth.storage.file.locks import forked
from openab_auth.storage.file.locks.flock import Flock

if TYPE_CHECKING:
    from openab_auth.storage.file.locks.waiting import Waiter

T = TypeVar("T")
_POLL: Final = 0.005  # seconds between two tries if no thread can be started


class GlobalLock:
    """Excludes other threads and processes; `timeout` is the longest wait for all of them together, in seconds."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._lock = Flock(path)
        self.begin_in_child()
        forked.register(self)

    def begin_in_child(self) -> None:
        """Reset this object in a forked child: another thread of the parent may have held it during the fork."""
        self._threads = threading.Lock()
        self._waiter: Waiter | None = None
        self._was_busy = False  # the lock was busy last time, so ask the waiting thread first: it has the sidecar open

    def run(self, section: Callable[[ExitStack], T]) -> T:
        """Run `section` under the lock, in this thread or in the thread that waited for the lock; return its result.

        The callbacks that `section` puts on the stack run after the lock is released, before this method returns.

        Raises:
            StoreBusyError: the lock was not free in time.
            StoreUnwritableError: the sidecar cannot be opened.
        """
        deadline = time.monotonic() + self._timeout
        threads = self._threads
        if not threads.acquire(timeout=self._timeout):
            raise StoreBusyError(self._path, self._timeout)
        try:
            try:
                if not self._was_busy and self._lock.try_acquire():
                    return self._lock.run(section)
                return self._wait(section, deadline)
            finally:
                self._lock.close()  # an interrupt may come after the lock was taken and before the section runs
        finally:
            threads.release()

    def check(self) -> None:
        """Prove that the sidecar can be opened, whether the lock is free or not.

        Raises:
            StoreUnwritableError: the sidecar cannot be opened.
        """
        self._lock.probe()

    def _wait(self, section: Callable[[ExitStack], T], deadline: float) -> T:
        from openab_auth.storage.file.locks.waiting import Turn, Waiter  # noqa: PLC0415 -- needed only if the lock is busy

        turn = Turn(section)
        try:
            while self._waiter is None or not self._waiter.ask(turn):
                self._waiter = Waiter(Flock(self._path, keep_open=True))
        except RuntimeError:  # no thread can be started now, so poll, although that is unfair
            return self._try_until(section, deadline)
        if not turn.wait(deadline):
            raise StoreBusyError(self._path, self._timeout)
        self._was_busy = turn.had_to_wait
        return turn.result()

    def _try_until(self, section: Callable[[ExitStack], T], deadline: float) -> T:
        while not self._lock.try_acquire():
            if time.monotonic() >= deadline:
                raise StoreBusyError(self._path, self._timeout)
            time.sleep(_POLL)
        return self._lock.run(section)
