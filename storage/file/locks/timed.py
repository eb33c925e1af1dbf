"""A lease that lapses, in a sidecar: its file says who holds it until when, by the clock of this host.

A flock(2) alone would do for a process that dies, but not for one that is stopped: the kernel keeps its lock for ever.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from openab_auth.storage.boot_clock import boot_clock
from openab_auth.storage.disk import atomic, regular_file
from openab_auth.storage.file.locks.flock import Flock
from openab_auth.storage.store import TimedLease

_LONGEST: Final = 512  # bytes of the sidecar
_TRIES: Final = 20
_PAUSE: Final = 0.01  # seconds; another process holds the flock for less than a millisecond
_STANDS: Final = 5.0  # seconds after which a process that keeps the flock stands


class TimedFileLease(TimedLease):
    """The lease in one sidecar; each call opens the file, reads who holds the lease, and writes."""

    def __init__(self, path: Path, clock: Callable[[], float] = boot_clock) -> None:
        self._path = path
        self._clock = clock
        self._busy: tuple[tuple[int, int], float] | None = None  # the file whose flock others kept, and since when

    def take(self, holder: str, seconds: float) -> bool:
        """Take or renew the lease for `holder`; return False if another one holds it.

        Raises:
            StoreUnwritableError: the sidecar cannot be opened or written.
        """

        def section(lock: Flock) -> bool:
            if _held_by_another(lock.read(_LONGEST), holder, self._clock()):
                return False
            lock.write(json.dumps({"holder": holder, "until": self._clock() + seconds, "seconds": seconds}).encode())
            return True

        return self._locked(section)

    def end(self, holder: str) -> None:
        """Give the lease back if `holder` has it.

        Raises:
            StoreUnwritableError: the sidecar cannot be opened or written.
        """

        def section(lock: Flock) -> bool:
            if not _held_by_another(lock.read(_LONGEST), holder, self._clock()):
                lock.write(b"")
            return True

        self._locked(section)

    def _locked(self, section: Callable[[Flock], bool]) -> bool:
        """Run `section` under the flock; return False if another process keeps that, for example because it stands."""
        lock = Flock(self._path)
        for _ in range(_TRIES):
            if lock.try_acquire():
                self._busy = None
                # A process that stood here goes on with a file that others have replaced.
                return lock.run(lambda _: section(lock) and lock.is_in_place())
            time.sleep(_PAUSE)
        self._replace_if_its_owner_stands()
        return False

    def _replace_if_its_owner_stands(self) -> None:
        """Put a copy of the sidecar into its place if a stopped process has kept its flock for long.

        The copy says as before who holds the lease.
        """
        try:
            found = self._path.lstat()
            file, now = (found.st_dev, found.st_ino), self._clock()
            if self._busy is None or self._busy[0] != file:
                self._busy = file, now
            elif now - self._busy[1] > _STANDS:
                self._busy = None
                atomic.swap(self._path, regular_file.read(self._path)[0][:_LONGEST])
        except OSError:
            return  # the next try tells


def _held_by_another(content: bytes, holder: str, now: float) -> bool:
    """Return whether a holder other than `holder` has the lease; a damaged file is no lease."""
    try:
        record = json.loads(content)
        until, seconds = float(record["until"]), float(record["seconds"])
        # After a restart of the machine its clock begins anew: no lease ends later than it was taken for.
        return bool(record["holder"] != holder and now < until <= now + seconds)
    except (ValueError, LookupError, TypeError, OverflowError):
        return False
