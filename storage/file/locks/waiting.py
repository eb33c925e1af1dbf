"""Waits for the global lock: a thread in the kernel's queue takes it and runs the sections of waiting callers."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final, Generic, TypeVar

from openab_auth.storage.file.locks.flock import Flock

T = TypeVar("T")
_IDLE: Final = 1.0  # seconds; a busy writer finds the thread running, and a rare writer needs none


class Turn(Generic[T]):
    """A section that must run under the lock, and later its result or its error."""

    _value: T

    def __init__(self, section: Callable[[ExitStack], T]) -> None:
        self.had_to_wait = False
        self._section = section
        self._error: BaseException | None = None
        self._claimed = threading.Lock()
        self._running = threading.Lock()  # held until the section has ended; this is faster than an Event
        self._running.acquire()

    def claim(self) -> bool:
        """Return True to the first caller: the thread that will run the section, or the owner that stops waiting."""
        return self._claimed.acquire(blocking=False)

    def run(self, lock: Flock) -> None:
        """Run the section under `lock`, which is held, release the lock, and wake the waiting caller."""
        self.had_to_wait = lock.was_busy
        try:
            self._value = lock.run(self._section)
        except BaseException as error:  # noqa: BLE001 -- the waiting caller gets it
            self._error = error
        self._running.release()

    def fail(self, error: BaseException) -> None:
        """Give this error to the waiting caller, without running the section."""
        self._error = error
        self._running.release()

    def wait(self, deadline: float) -> bool:
        """Wait until the section has run; return False if it did not start before the deadline, and now never will."""
        try:
            if self._running.acquire(timeout=max(deadline - time.monotonic(), 0.0)):
                return True
        finally:  # also after an interrupt: nobody may start the section any more
            given_up = self.claim()
        if not given_up:
            self._running.acquire()
        return not given_up

    def result(self) -> T:
        """Return the result of the section, or raise its error."""
        if self._error is not None:
            raise self._error
        return self._value


class Waiter:
    """A thread that waits in the kernel's queue for the lock, and runs the sections of all callers.

    Polling is unfair, because other processes could always be faster, and flock(2) has no time limit. The section runs
    in this thread, because the lock would be idle while the caller wakes up. A caller that gives up leaves the thread
    in the queue for the next caller, so there is never more than one. The thread ends after a second without work.
    """

    def __init__(self, lock: Flock) -> None:
        self._lock = lock
        self._turns: queue.SimpleQueue[Turn[Any]] = queue.SimpleQueue()
        self._ending = threading.Lock()
        self._ended = False
        threading.Thread(target=self._run, name="openab-auth-lock", daemon=True).start()

    def ask(self, turn: Turn[Any]) -> bool:
        """Add a turn to the queue; return False if the thread has ended."""
        with self._ending:
            if not self._ended:
                self._turns.put(turn)
            return not self._ended

    def _run(self) -> None:
        while turn := self._next() or self._last():
            try:
                self._lock.acquire()
            except BaseException as error:  # noqa: BLE001 -- the caller whose turn it is gets the error
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

    def _next(self, wait: float = _IDLE) -> Turn[Any] | None:
        try:
            return self._turns.get(timeout=wait)
        except queue.Empty:
            return None

    def _last(self) -> Turn[Any] | None:
        """Return a turn that came in just now; if there is none, refuse all further turns."""
        with self._ending:
            last = self._next(0.0)
            self._ended = last is None
        return last
