"""flock(2) on sidecar files: the global lock of every write, and a refresh lock for each tenant.

Any language's flock on the same file excludes ours. Sidecars stay empty and are never deleted: unlinking one would
split its waiters over two inodes. Order: the tenant's lock, then the global one; never the reverse.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storage import atomic
from storage.errors import StoreBusyError, StoreUnwritableError

if TYPE_CHECKING:
    from filelock import FileLock

_POLL: Final = 0.001  # seconds between two attempts; a commit holds the lock for about as long


class GlobalLock:
    """The lock of every write, between threads and between processes, with a bound on the wait for both together."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._threads = threading.Lock()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold it for the body.

        Raises:
            StoreBusyError: it was not free in time.
            StoreUnwritableError: its sidecar cannot be opened.
        """
        deadline = time.monotonic() + self._timeout
        if not self._threads.acquire(timeout=self._timeout):
            raise StoreBusyError(self._path, self._timeout)
        try:
            sidecar = _sidecar(self._path)
            if not _acquire(sidecar, self._path, max(deadline - time.monotonic(), 0.0)):
                raise StoreBusyError(self._path, self._timeout)
            try:
                yield
            finally:
                sidecar.release()
        finally:
            self._threads.release()

    def check(self) -> None:
        """Prove that the sidecar can be opened; whether it is free does not matter.

        Raises:
            StoreUnwritableError: it cannot.
        """
        sidecar = _sidecar(self._path)
        if _acquire(sidecar, self._path, 0.0):
            sidecar.release()


class TenantLock:
    """The refresh lock of one tenant; each object is a holder of its own, also within one process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sidecar: FileLock | None = None

    def try_acquire(self) -> bool:
        """Take it if it is free; never waits.

        Raises:
            StoreUnwritableError: its sidecar cannot be opened, so nobody here may refresh.
        """
        if self._sidecar is not None:
            return False
        atomic.make_folder(self._path)
        sidecar = _sidecar(self._path)
        if not _acquire(sidecar, self._path, 0.0):
            return False
        self._sidecar = sidecar
        return True

    def release(self) -> None:
        """Give it back; without effect when it is not held."""
        sidecar, self._sidecar = self._sidecar, None
        if sidecar is not None:
            sidecar.release()


def _sidecar(path: Path) -> FileLock:
    from filelock import FileLock  # noqa: PLC0415 -- costs 15 ms, which a process that only reads need not pay

    owner = atomic.owner_of(path)

    def check(descriptor: int) -> None:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise StoreUnwritableError(path, "it is not a regular file, so it cannot be a lock")
        if owner is not None and found.st_uid == 0 and owner[0] != 0:
            os.fchown(descriptor, *owner)  # root must not lock the folder's owner out

    return FileLock(
        str(path),
        mode=0o600,
        thread_local=False,  # acquired and released by whichever worker thread comes
        is_singleton=False,
        fallback_to_soft=False,  # a lock that other languages do not see is worse than an error
        preserve_lock_file=True,
        on_acquired=check,
        poll_interval=_POLL,
    )


def _acquire(sidecar: FileLock, path: Path, timeout: float) -> bool:
    from filelock import Timeout  # noqa: PLC0415 -- as above

    try:
        sidecar.acquire(timeout=timeout)
    except Timeout:
        return False
    except OSError as error:
        raise StoreUnwritableError(path, _why(path, error)) from error
    return True


def _why(path: Path, error: OSError) -> str:
    """Whose the sidecar is says more than the bare errno: most often root once ran the program."""
    reason = f"as a lock: {error.strerror or type(error).__name__}"
    with contextlib.suppress(OSError):
        found = path.lstat()
        if found.st_uid != os.geteuid():
            return f"{reason}; it belongs to uid {found.st_uid}"
    return reason
