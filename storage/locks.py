"""The two locks of a store: the global one of every write, and a refresh lock for each tenant.

Sidecars stay empty and are never deleted: unlinking one would split its waiters over two inodes. Order: the tenant's
lock, then the global one; never the reverse.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from storage.errors import StoreBusyError
from storage.flock import Flock

T = TypeVar("T")


class GlobalLock:
    """The lock of every write, between threads and between processes, with a bound on the wait for both together."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self.is_wanted = False
        """Whether the section that runs now had to wait, so that others may wait for it."""
        self._begin_process()

    def _begin_process(self) -> None:
        self._process = os.getpid()
        self._threads = threading.Lock()
        self._queue: _Queue | None = None

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
            turn = _Turn(section, afterwards)
            lock = Flock(self._path)
            if lock.try_acquire():
                self.is_wanted = False
                turn.run(lock)
            else:
                self.is_wanted = True
                self._wait(turn, deadline)
            return turn.values[0]
        finally:
            self._threads.release()

    def check(self) -> None:
        """Prove that the sidecar can be opened; whether it is free does not matter.

        Raises:
            StoreUnwritableError: it cannot.
        """
        Flock(self._path).probe()

    def _wait(self, turn: _Turn[Any], deadline: float) -> None:
        if self._queue is None or not self._queue.ask(turn):
            self._queue = _Queue(Flock(self._path))
            self._queue.ask(turn)
        if not self._queue.wait(turn, deadline):
            raise StoreBusyError(self._path, self._timeout)


@dataclass(slots=True, eq=False)
class _Turn(Generic[T]):
    """A section that is to run once it is its turn, and what became of it."""

    section: Callable[[], T]
    afterwards: Sequence[Callable[[], None]]
    begun: bool = False
    ended: bool = False
    values: list[T] = field(default_factory=list)
    error: BaseException | None = None

    def run(self, lock: Flock) -> None:
        """Run it under this lock, which is held, and let go of that."""
        try:
            self.values.append(self.section())
        finally:
            lock.release()
            for finish in reversed(self.afterwards):
                finish()


class _Queue:
    """A thread that waits in the kernel's queue for the lock, and runs there what was asked for.

    Trying again and again instead would let others pass for as long as one is unlucky, and flock(2) has no time limit.
    Handing the lock to the thread that asked would leave it idle until that one is awake. Who gives up leaves the
    thread in the queue for the next one who comes, so that there is never more than one; it ends when nobody has come
    for a second.
    """

    def __init__(self, lock: Flock) -> None:
        self._lock = lock
        self._turn: _Turn[Any] | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="openab-auth-lock", daemon=True)
        self._thread.start()

    def ask(self, turn: _Turn[Any]) -> bool:
        """Run this one when it is its turn; False when the thread has ended."""
        with self._changed:
            if self._ended:
                return False
            self._turn = turn
            self._changed.notify_all()
            return True

    def wait(self, turn: _Turn[Any], deadline: float) -> bool:
        """Wait until it has run, and raise what it raised; False when it did not begin before the deadline."""
        with self._changed:
            try:
                self._changed.wait_for(lambda: turn.ended, max(deadline - time.monotonic(), 0.0))
            finally:
                self._turn = None
            if not turn.begun:
                return False
            self._changed.wait_for(lambda: turn.ended)
        if turn.error is not None:
            raise turn.error
        return True

    def _run(self) -> None:
        while self._is_asked():
            turn = None
            try:
                self._lock.acquire()
                if turn := self._begin():
                    turn.run(self._lock)
                self._lock.release()
            except BaseException as error:  # noqa: BLE001 -- it belongs to the one who waits
                if turn := turn or self._begin():
                    turn.error = error
            with self._changed:
                if turn:
                    turn.ended = True
                    self._changed.notify_all()

    def _is_asked(self) -> bool:
        with self._changed:
            self._ended = not self._changed.wait_for(lambda: self._turn, _IDLE)
            return not self._ended

    def _begin(self) -> _Turn[Any] | None:
        """Whose turn it is: nobody's if all have given up."""
        with self._changed:
            turn, self._turn = self._turn, None
            if turn:
                turn.begun = True
            return turn


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


_IDLE = 1.0  # seconds; who writes much finds the thread, and who writes little needs none
