"""The two locks of a store: the global one of every write, and a refresh lock for each tenant.

Sidecars stay empty and are never deleted: unlinking one would split its waiters over two inodes. Order: the tenant's
lock, then the global one; never the reverse.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from storage.errors import StoreBusyError
from storage.flock import Flock

T = TypeVar("T")
_IDLE: Final = 1.0  # seconds; who writes much finds the thread, and who writes little needs none


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
        self._queue: _Queue | None = None
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
                return _run(section, self._lock, afterwards)
            return self._wait(_Turn(section, afterwards), deadline)
        finally:
            self._threads.release()

    def check(self) -> None:
        """Prove that the sidecar can be opened; whether it is free does not matter.

        Raises:
            StoreUnwritableError: it cannot.
        """
        self._lock.probe()

    def _wait(self, turn: _Turn[T], deadline: float) -> T:
        if self._queue is None or not self._queue.ask(turn):
            self._queue = _Queue(Flock(self._path, keep_open=True))
            self._queue.ask(turn)
        if not turn.wait(deadline):
            raise StoreBusyError(self._path, self._timeout)
        self._is_wanted = turn.waited
        return turn.result()


def _run(section: Callable[[], T], lock: Flock, afterwards: Sequence[Callable[[], None]]) -> T:
    """Run it under this lock, which is held, and let go of that."""
    try:
        return section()
    finally:
        lock.release()
        for finish in reversed(afterwards):
            finish()


class _Turn(Generic[T]):
    """A section that is to run once the lock is ours, and what became of it."""

    _value: T

    def __init__(self, section: Callable[[], T], afterwards: Sequence[Callable[[], None]]) -> None:
        self.waited = False
        self._section = section
        self._afterwards = afterwards
        self._error: BaseException | None = None
        self._claimed = threading.Lock()
        self._unended = threading.Lock()  # held until then; to wait for an Event is more work
        self._unended.acquire()

    def claim(self) -> bool:
        """True for the first who asks: the thread that will run it, or its caller, who gives it up."""
        return self._claimed.acquire(blocking=False)

    def run(self, lock: Flock) -> None:
        """Run it under this lock, which is held and then let go of, and tell who waits for it."""
        self.waited = lock.waited
        try:
            self._value = _run(self._section, lock, self._afterwards)
        except BaseException as error:  # noqa: BLE001 -- it belongs to the one who waits
            self._error = error
        self._unended.release()

    def fail(self, error: BaseException) -> None:
        """Let this come out of it instead."""
        self._error = error
        self._unended.release()

    def wait(self, deadline: float) -> bool:
        """Until it has run; False when it did not begin before the deadline, and now never will."""
        try:
            if self._unended.acquire(timeout=max(deadline - time.monotonic(), 0.0)):
                return True
        finally:
            given_up = self.claim()
        if not given_up:
            self._unended.acquire()
        return not given_up

    def result(self) -> T:
        """What it returned; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._value


class _Queue:
    """A thread that waits in the kernel's queue for the lock, and runs there what was asked for.

    Trying again and again instead would let others pass for as long as one is unlucky, and flock(2) has no time limit.
    Handing the lock to the thread that asked would leave it idle until that one is awake. Who gives up leaves the
    thread in the queue for the next one who comes, so that there is never more than one; it ends when nobody has come
    for a second.
    """

    def __init__(self, lock: Flock) -> None:
        self._lock = lock
        self._turns: queue.SimpleQueue[_Turn[Any]] = queue.SimpleQueue()
        self._ending = threading.Lock()
        self._ended = False
        threading.Thread(target=self._run, name="openab-auth-lock", daemon=True).start()

    def ask(self, turn: _Turn[Any]) -> bool:
        """Run this one when it is its turn; False when the thread has ended."""
        with self._ending:
            if not self._ended:
                self._turns.put(turn)
            return not self._ended

    def _run(self) -> None:
        while turn := self._next() or self._last():
            try:
                self._lock.acquire()
            except BaseException as error:  # noqa: BLE001 -- it belongs to the one who waits
                if turn.claim():
                    turn.fail(error)
                continue
            while turn and not turn.claim():
                turn = self._next(0.0)
            if turn:
                turn.run(self._lock)
            else:
                self._lock.release()
        self._lock.close()

    def _next(self, wait: float = _IDLE) -> _Turn[Any] | None:
        try:
            return self._turns.get(timeout=wait)
        except queue.Empty:
            return None

    def _last(self) -> _Turn[Any] | None:
        """The one that was asked for just now; if there is none, nobody can ask any more."""
        with self._ending:
            last = self._next(0.0)
            self._ended = last is None
        return last


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
