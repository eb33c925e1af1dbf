"""The two locks of a store: the global one of every write, and a refresh lock for each tenant.

Sidecars stay empty and are never deleted: unlinking one would split its waiters over two inodes. Order: the tenant's
lock, then the global one; never the reverse.
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
_POLL: Final = 0.005  # seconds between two tries of a process that can start no thread


class GlobalLock:
    """The lock of every write, between threads and between processes, with a bound on the wait for both together."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._lock = Flock(path)
        self.begin_in_child()
        forked.register(self)

    def begin_in_child(self) -> None:
        """Anew in a child that was forked, perhaps while another thread had it: there are no other threads yet."""
        self._threads = threading.Lock()
        self._waiter: Waiter | None = None
        self._was_busy = False  # we had to wait last time: go straight to the thread, which has the sidecar open

    def run(self, section: Callable[[ExitStack], T]) -> T:
        """Hold it while `section` runs, here or in the thread that waited for it, and give what that returns.

        What the section puts on the stack is done when the lock is free again, before this returns.

        Raises:
            StoreBusyError: it was not free in time.
            StoreUnwritableError: its sidecar cannot be opened.
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
                self._lock.close()  # should an interrupt have come between taking it and running the section
        finally:
            threads.release()

    def check(self) -> None:
        """Prove that the sidecar can be opened; whether it is free does not matter.

        Raises:
            StoreUnwritableError: it cannot.
        """
        self._lock.probe()

    def _wait(self, section: Callable[[ExitStack], T], deadline: float) -> T:
        from openab_auth.storage.file.locks.waiting import Turn, Waiter  # noqa: PLC0415 -- whom nobody keeps waiting need not load it

        turn = Turn(section)
        try:
            while self._waiter is None or not self._waiter.ask(turn):
                self._waiter = Waiter(Flock(self._path, keep_open=True))
        except RuntimeError:  # no thread can be started now: then try again and again, unfair as that is
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
