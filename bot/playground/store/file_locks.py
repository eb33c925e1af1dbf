"""The processes that hold the store's locks, read from the kernel's list."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

_TABLE: Final = Path("/proc/locks")
_MEANING: Final = {"global": "held for about a millisecond during each write"}
_REFRESH: Final = "held while a process makes, renews or ends this login"
_LAST: Final = 8


class LockView(TypedDict):
    """A lock file: its name, its purpose, its holder, and the number of waiting processes."""

    lock: str
    about: str
    holder: str | None
    waiting: int


class HoldView(TypedDict):
    """A process that held a lock, and the time between the first and the last look at it."""

    lock: str
    holder: str
    at: float
    ms: int


@dataclass(slots=True)
class _Hold:
    lock: str
    pid: int
    holder: str
    first: float
    last: float


class LockWatch:
    """Watch the kernel's list of locks (/proc/locks); a lock that is held only between two looks stays unseen.

    `name` returns the name of a process of the playground, or None for any other process.
    """

    def __init__(self, store: Path, name: Callable[[int], str | None]) -> None:
        self._store = store
        self._name = name
        self._held: dict[str, _Hold] = {}
        self._waiting: Counter[str] = Counter()
        self._past: list[_Hold] = []
        self.possible = _TABLE.exists()

    def look(self) -> None:
        """Record the current holders and the numbers of waiting processes."""
        sidecars = {path.stat().st_ino: _short(path, self._store) for path in self._sidecars()}
        now = time.time()
        held, waiting = {}, Counter[str]()
        for inode, pid, waits in self._table():
            lock = sidecars.get(inode)
            if lock is not None and waits:
                waiting[lock] += 1
            elif lock is not None:
                hold = self._held.get(lock)
                if hold is None or hold.pid != pid:
                    hold = _Hold(lock, pid, self._name(pid) or f"process {pid}", now, now)
                    self._past = [hold, *self._past][:_LAST]
                hold.last = now
                held[lock] = hold
        self._held, self._waiting = held, waiting

    def now(self) -> list[LockView]:
        """Return every lock file with its holder at the last look."""
        names = [_short(path, self._store) for path in self._sidecars()]
        return [
            {
                "lock": name,
                "about": _MEANING.get(name, _REFRESH),
                "holder": hold.holder if (hold := self._held.get(name)) else None,
                "waiting": self._waiting[name],
            }
            for name in sorted(names)
        ]

    def past(self) -> list[HoldView]:
        """Return the last holders, newest first."""
        return [
            {"lock": hold.lock, "holder": hold.holder, "at": hold.first, "ms": round((hold.last - hold.first) * 1000)}
            for hold in self._past
        ]

    def _sidecars(self) -> list[Path]:
        return list(self._store.parent.glob(f"{self._store.name}.*.lock"))

    def _table(self) -> list[tuple[int, int, bool]]:
        """Return inode, process id and "is waiting" of every flock(2) entry."""
        found = []
        with contextlib.suppress(OSError):
            for line in _TABLE.read_text(encoding="ascii").splitlines():
                _, *words = line.split()
                waits = words[0] == "->"
                kind, _, _, pid, place = words[waits : waits + 5]
                if kind == "FLOCK":
                    found.append((int(place.rpartition(":")[2]), int(pid), waits))
        return found


def _short(sidecar: Path, store: Path) -> str:
    return sidecar.name.removeprefix(f"{store.name}.").removesuffix(".lock")
