"""The lease of one tenant in the file store: a flock(2) on the tenant's sidecar file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openab_auth.storage.file.locks.flock import Flock
from openab_auth.storage.store import Lease


class FileLease(Lease):
    """The right to refresh one tenant; two objects exclude each other also within one process."""

    def __init__(self, path: Path, when_taken: Callable[[], None]) -> None:
        """Use the sidecar file `path`; call `when_taken` after each successful `try_acquire`."""
        self._lock = Flock(path)
        self._when_taken = when_taken

    def try_acquire(self) -> bool:
        """Take the lease if it is free, without waiting, and return whether this object took it.

        Raises:
            StoreUnwritableError: the sidecar cannot be opened, so no process of this user may refresh.
        """
        taken = self._lock.try_acquire()
        try:
            if taken:
                self._when_taken()
        except BaseException:
            self._lock.release()
            raise
        return taken

    def release(self) -> None:
        """Give the lease back; do nothing when it is not held."""
        self._lock.release()
