"""Waiting for the global lock: a thread in the kernel's queue for it, and the turns that it runs there."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final, Generic, TypeVar

from openab_auth.storage.file.locks.flock import Flock

T = TypeVar("T")
_IDLE: Final = 1.0  # seconds; who writes much finds the thread, and who writes little needs none


class Turn(Generic[T]):
    """A section that is to run once the lock is ours, and what became of it."""

    _value: T

    def __init__(self, section: Callable[[ExitStack], T]) -> None:
        self.had_to_wait = False
        self._section = section
        self._error: BaseException | None = None
        self._claimed = threading.Lock()
        self._running = threading.Lock()  # held until it has ended; to wait for an Event is more work
        self._running.acquire()

    def claim(self) -> bool:
        """True for the first who asks: the thread that will run it, or its caller, who gives it up."""
        return self._claimed.acquire(blocking=False)

    def run(self, lock: Flock) -> None:
        """Run it under this lock, which is held and then let go of, and tell who waits for it."""
        self.had_to_wait = lock.was_busy
        try:
            self._value = lock.run(self._section)
        except BaseException as error:  # noqa: BLE001 -- it belongs to the one who waits
            self._error = error
        self._running.release()

    def fail(self, error: BaseException) -> None:
        """Let this come out of it instead."""
        self._error = error
        self._running.release()

    def wait(self, deadline: float) -> bool:
        """Until it has run; False when it did not begin before the deadline, and now never will."""
        try:
            if self._running.acquire(timeout=max(deadline - time.monotonic(), 0.0)):
                return True
        finally:  # also when interrupted: then nobody may begin it any more
            given_up = self.claim()
        if not given_up:
            self._running.acquire()
        return not given_up

    def result(self) -> T:
        """What it returned; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._value


class Waiter:
    """A thread that waits in the kernel's queue for the lock, and runs there what was asked for.

    Trying again and again instead would let others pass for as long as one is unlucky, and flock(2) has no time limit.
    Handing the lock to the thread that asked would leave it idle until that one is awake. Who gives up leaves the
    thread in the queue for the next one who comes, so that there is never more than one; it ends when it has the lock
    no longer and nobody has come for a second.
    """

    def __init__(self, lock: Flock) -> None:
        self._lock = lock
        self._turns: queue.SimpleQueue[Turn[Any]] = queue.SimpleQueue()
        self._ending = threading.Lock()
        self._ended = False
        threading.Thread(target=self._run, name="openab-auth-lock", daemon=True).start()

    def ask(self, turn: Turn[Any]) -> bool:
        """Hand it a turn; False when the thread has ended."""
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

    def _next(self, wait: float = _IDLE) -> Turn[Any] | None:
        try:
            return self._turns.get(timeout=wait)
        except queue.Empty:
            return None

    def _last(self) -> Turn[Any] | None:
        """The one that was asked for just now; if there is none, nobody can ask any more."""
        with self._ending:
            last = self._next(0.0)
            self._ended = last is None
        return last
