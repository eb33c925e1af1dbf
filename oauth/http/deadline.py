"""Deadlines in seconds in which this process ran: the wait for a lock, the requests and the commit share one of them.

A process may stand still: SIGSTOP, `docker pause`, a frozen or suspended machine, a callback that blocks the loop. A
plain timeout then ends in the first moment afterwards and throws away the answer that lies unread in the socket. So
time in which nothing ran does not count, and no deadline ends before the loop has read what arrived meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self

LAST_TRY: Final = 0.45  # of it: who gets the lock later has no time left to prepare and send a request
LAST_REQUEST: Final = 0.5  # of it: the answer to what is sent later might come too late to be stored
_LEAST_FOR_DISK: Final = 1.0  # seconds that the store is given even when the end is near
_TICK: Final = 0.1  # seconds between two looks at the clock
_MOST: Final = 2 * _TICK  # seconds that one tick counts for at most; the rest is time in which nothing ran
_LAST_LOOKS: Final = 20  # ticks after the end that may come late, before a loop that is always late is not waited for
_BOOTTIME: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)  # counts the sleep of the machine; Linux has it


class AwakeClock:
    """Counts the seconds in which the event loop ran, from one tick to the next; use it as a context manager.

    `on_tick` is called at each tick.
    """

    def __init__(self, on_tick: Callable[[], None] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_tick = on_tick
        self._counted = 0.0
        self._last = self._loop.time()
        self._slept = _machine_slept()
        self._next: asyncio.TimerHandle | None = None
        self.late = False
        """Whether the last tick came late: what arrived before it may be unread."""
        self.slept = False
        """Whether the machine was suspended before the last tick: what others sent meanwhile is still on its way."""

    def seconds(self) -> float:
        """Return the seconds that were counted since the start."""
        return self._counted + min(self._loop.time() - self._last, _MOST)

    def __enter__(self) -> Self:
        self._next = self._loop.call_later(_TICK, self._tick)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next is not None:
            self._next.cancel()

    def _tick(self) -> None:
        self._counted = self.seconds()
        now, slept = self._loop.time(), _machine_slept()
        self.slept = slept - self._slept > _TICK
        self.late = self.slept or now - self._last > _MOST
        self._last, self._slept = now, slept
        self._next = self._loop.call_later(_TICK, self._tick)
        if self._on_tick is not None:
            self._on_tick()


class Deadline(AwakeClock):
    """`seconds` from the moment in which it was made; with `stopping` nothing is waited for, nor begun, any longer."""

    def __init__(self, limit: float, stopping: asyncio.Event) -> None:
        super().__init__()
        self.limit = limit
        self.stopping = stopping

    def used(self) -> float:
        """Return the seconds that have passed, for people to read."""
        return round(self.seconds(), 1)

    def left(self, share: float = 1.0) -> float:
        """Return the seconds until this share of it has passed; negative when it has."""
        return self.limit * share - self.seconds()

    def allows(self, share: float) -> bool:
        """Return whether work that must start within `share` of the deadline may still start."""
        return self.left(share) >= 0 and not self.stopping.is_set()

    def for_disk(self) -> float:
        """Return the seconds for what is written after an answer, for `awake_timeout`."""
        return max(self.left(), _LEAST_FOR_DISK)


@asynccontextmanager
async def awake_timeout(seconds: float) -> AsyncIterator[None]:
    """Bound a block as `asyncio.timeout` does, by the seconds in which the event loop ran.

    After the last of them the loop gets one more undisturbed tick, to read what has arrived. A machine that was
    suspended gets all of its time again, because the other side may have to send its answer once more.

    Raises:
        TimeoutError: the block did not end in time.
    """
    limit, looks = seconds, 0

    def look() -> None:
        nonlocal limit, looks
        if clock.slept:
            limit = clock.seconds() + seconds
        if clock.seconds() < limit:
            return
        looks += 1
        if looks > _LAST_LOOKS or (looks > 1 and not clock.late):
            bound.reschedule(asyncio.get_running_loop().time())

    async with asyncio.timeout(None) as bound:
        with AwakeClock(look) as clock:
            yield


def _machine_slept() -> float:
    """Return the seconds for which the machine was suspended since it was booted, as far as the system tells."""
    return 0.0 if _BOOTTIME is None else time.clock_gettime(_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
