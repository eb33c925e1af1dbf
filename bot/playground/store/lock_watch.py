"""What the page shows of locks and leases: who holds them now, and who held them last."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypeAlias, TypedDict

NameOf: TypeAlias = Callable[[int], str | None]
"""Return the name of a process of the playground, or None for any other process."""
REFRESH: Final = "held while a process makes, renews or ends this login"
_LAST: Final = 8


class LockView(TypedDict):
    """A lock or a lease: its name, its purpose and its holder.

    `waiting` is the number of waiting processes, or None where nobody knows it. A lease ends at `until`, in unix
    seconds, and `posted` says whether its holder sends a request. A lock of the kernel has no end.
    """

    lock: str
    about: str
    holder: str | None
    waiting: int | None
    until: float | None
    posted: bool


class HoldView(TypedDict):
    """A process that held a lock, and the time between the first and the last look at it."""

    lock: str
    holder: str
    at: float
    ms: int


class LockWatch(Protocol):
    """Watch the locks of a store; a lock that is held only between two looks stays unseen."""

    @property
    def source(self) -> str:
        """Return who names the holders: `kernel`, `leases`, or `nobody`."""
        ...

    async def look(self) -> None:
        """Record the current holders."""
        ...

    def now(self) -> list[LockView]:
        """Return every known lock with its holder at the last look."""
        ...

    def past(self) -> list[HoldView]:
        """Return the last holders, newest first."""
        ...


class Seen(NamedTuple):
    """A lock that is held; `who` is what tells two holders apart, `holder` is their name on the page."""

    lock: str
    who: Hashable
    holder: str


@dataclass(slots=True)
class _Hold:
    seen: Seen
    first: float
    last: float


class Holds:
    """The holders of locks at the last look, and the last holders before."""

    def __init__(self) -> None:
        self._held: dict[str, _Hold] = {}
        self._past: list[_Hold] = []

    def note(self, found: Iterable[Seen]) -> None:
        """Record the locks that are held at this moment."""
        now, held = time.time(), {}
        for seen in found:
            hold = self._held.get(seen.lock)
            if hold is None or hold.seen.who != seen.who:
                hold = _Hold(seen, now, now)
                self._past = [hold, *self._past][:_LAST]
            hold.last = now
            held[seen.lock] = hold
        self._held = held

    def holder(self, lock: str) -> str | None:
        """Return the holder of a lock at the last look, or None."""
        hold = self._held.get(lock)
        return None if hold is None else hold.seen.holder

    def past(self) -> list[HoldView]:
        """Return the last holders, newest first."""
        return [
            {
                "lock": hold.seen.lock,
                "holder": hold.seen.holder,
                "at": hold.first,
                "ms": round((hold.last - hold.first) * 1000),
            }
            for hold in self._past
        ]
