"""The processes that hold the locks of a file, read from the kernel's list."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path
from typing import Final

from openab_auth.bot.playground.store.lock_watch import REFRESH, Holds, HoldView, LockView, LockWatch, NameOf, Seen

_TABLE: Final = Path("/proc/locks")
_OF_BOTS: Final = "posting."  # bots settle who writes notices; no login has such a lock
_MEANING: Final = {"global": "held for about a millisecond during each write"}


class FileLocks(LockWatch):
    """Watch the kernel's list of locks (/proc/locks).

    `name` returns the name of a process of the playground, or None for any other process.
    """

    def __init__(self, store: Path, name: NameOf) -> None:
        self._store = store
        self._name = name
        self._holds = Holds()
        self._waiting: Counter[str] = Counter()

    @property
    def source(self) -> str:
        """Return `kernel`, or `nobody` where the kernel has no list."""
        return "kernel" if _TABLE.exists() else "nobody"

    async def look(self) -> None:
        """Record the current holders and the numbers of waiting processes; the kernel's list needs no thread."""
        sidecars = {path.stat().st_ino: self._short(path) for path in self._sidecars()}
        held, waiting = [], Counter[str]()
        for inode, pid, waits in _table():
            lock = sidecars.get(inode)
            if lock is not None and waits:
                waiting[lock] += 1
            elif lock is not None:
                held.append(Seen(lock, pid, self._name(pid) or f"process {pid}"))
        self._holds.note(held)
        self._waiting = waiting

    def now(self) -> list[LockView]:
        """Return every lock file with its holder at the last look."""
        return [
            {
                "lock": name,
                "about": _MEANING.get(name, REFRESH),
                "holder": self._holds.holder(name),
                "waiting": self._waiting[name],
                "until": None,
                "posted": False,
            }
            for name in sorted(map(self._short, self._sidecars()))
        ]

    def past(self) -> list[HoldView]:
        """Return the last holders, newest first."""
        return self._holds.past()

    def _sidecars(self) -> list[Path]:
        found = self._store.parent.glob(f"{self._store.name}.*.lock")
        return [path for path in found if not self._short(path).startswith(_OF_BOTS)]

    def _short(self, sidecar: Path) -> str:
        return sidecar.name.removeprefix(f"{self._store.name}.").removesuffix(".lock")


def _table() -> list[tuple[int, int, bool]]:
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
