"""Deadlines that count only the time in which this process ran.

The wait for a lock, the requests and the commit of a refresh share one deadline. A process may stand still: SIGSTOP,
`docker pause`, a suspended machine, a callback that blocks the loop. A plain timeout would fire right afterwards and
discard the answer that waits unread in the socket. So standing still does not count, and no deadline fires before the
loop has read what arrived meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self

from openab_auth.oauth.http.interrupt import undisturbed

LAST_TRY: Final = 0.45  # share of the deadline: with a later lock, no time is left for a request
LAST_REQUEST: Final = 0.5  # share of the deadline: the answer to a later request might be too late to store
_LEAST_FOR_DISK: Final = 1.0  # seconds for a commit, even when the deadline is near
_TICK: Final = 0.1  # seconds between two looks at the clock
_MOST: Final = 2 * _TICK  # seconds that one tick counts at most; in the rest, nothing ran
_LAST_LOOKS: Final = 20  # late ticks after the end, until a loop that is always late is given up
_BOOTTIME: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)  # counts the sleep of the machine; Linux has it


class AwakeClock:
    """Count the seconds in which the event loop ran, from tick to tick; use it as a context manager.

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
        """True if the last tick was late: data that arrived before it may be unread."""
        self.slept = False
        """True if the machine was suspended before the last tick: peers may have to send their data again."""

    def seconds(self) -> float:
        """Return the seconds counted since the start."""
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
        self._next = undisturbed(lambda: self._loop.call_later(_TICK, self._tick))  # without it, no timeout would end
        if self._on_tick is not None:
            self._on_tick()


class Deadline(AwakeClock):
    """Count `limit` seconds from its creation; once `stopping` is set, no work may start."""

    def __init__(self, limit: float, stopping: asyncio.Event) -> None:
        super().__init__()
        self.limit = limit
        self.stopping = stopping

    def used(self) -> float:
        """Return the seconds that have passed, rounded for people."""
        return round(self.seconds(), 1)

    def left(self, share: float = 1.0) -> float:
        """Return the seconds until this share of the deadline has passed; negative afterwards."""
        return self.limit * share - self.seconds()

    def allows(self, share: float) -> bool:
        """Return whether work that must start within `share` of the deadline may still start."""
        return self.left(share) >= 0 and not self.stopping.is_set()

    def for_disk(self) -> float:
        """Return the seconds that a commit after an answer may take, for `awake_timeout`."""
        return max(self.left(), _LEAST_FOR_DISK)


@asynccontextmanager
async def awake_timeout(seconds: float) -> AsyncIterator[None]:
    """Limit a block as `asyncio.timeout` does, but count only the seconds in which the event loop ran.

    At the end the loop gets one more undisturbed tick, to read the data that has arrived. After a suspension the time
    starts again, because the other side may have to send its answer once more.

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
    """Return the seconds for which the machine was suspended since its boot, or 0 if the system does not tell."""
    return 0.0 if _BOOTTIME is None else time.clock_gettime(_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
