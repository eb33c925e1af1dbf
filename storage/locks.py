"""The two locks: flock(2) on sidecar files beside the credential file, never on the file itself.

The rename of a commit swaps the file's inode, so a lock on it would guard the old one. filelock is flock on Unix; it is
set up so that it meets flock of other languages (one fixed raw path, no fallback), and sidecars are never deleted.
Order: tenant, then global; never the reverse.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storage.errors import StoreBusyError, StoreUnwritableError
from storage.tenants import check_tenant

if TYPE_CHECKING:
    from filelock import BaseFileLock

POLL: Final = 0.001  # seconds; coarser polling starves a waiter for seconds while others come and go


def global_sidecar(path: Path) -> Path:
    """The sidecar that guards every write of `path`."""
    return path.with_name(f"{path.name}.global.lock")


def refresh_sidecar(path: Path, tenant: str) -> Path:
    """The sidecar that guards one tenant's refresh.

    Raises:
        InvalidTenantError: the name cannot be part of a file name.
    """
    check_tenant(tenant, prefix=f"{path.name}.refresh.")
    return path.with_name(f"{path.name}.refresh.{tenant}.lock")


@contextmanager
def hold(sidecar: Path, timeout: float) -> Iterator[None]:
    """Hold the lock while the block runs.

    Raises:
        StoreBusyError: somebody else held it for `timeout` seconds.
        StoreUnwritableError: the sidecar cannot be opened.
    """
    lock = SidecarLock(sidecar)
    if not lock.acquire(timeout):
        raise StoreBusyError(sidecar, timeout)
    try:
        yield
    finally:
        lock.release()


class SidecarLock:
    """One holder's claim on one sidecar; may be taken in one thread and released in another."""

    def __init__(self, sidecar: Path) -> None:
        self._sidecar = sidecar
        self._lock: BaseFileLock | None = None

    def try_acquire(self) -> bool:
        """Take it if it is free; never waits.

        Raises:
            StoreUnwritableError: the sidecar cannot be opened.
        """
        return self.acquire(0)

    def acquire(self, timeout: float) -> bool:
        """Take it within `timeout` seconds; False if somebody else kept it.

        Raises:
            StoreUnwritableError: the sidecar cannot be opened.
        """
        import filelock  # noqa: PLC0415 - 15 ms that a warm read does without

        try:
            self._sidecar.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = filelock.FileLock(
                self._sidecar, mode=0o600, thread_local=False, fallback_to_soft=False, preserve_lock_file=True
            )
            lock.acquire(timeout=timeout, poll_interval=POLL)
        except filelock.Timeout:
            return False
        except OSError as error:
            raise StoreUnwritableError(self._sidecar, self._reason(error)) from error
        self._keep_owner()
        self._lock = lock
        return True

    def release(self) -> None:
        """Give it back; without effect when it is not held."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _reason(self, error: OSError) -> str:
        try:
            owner = self._sidecar.lstat().st_uid
        except OSError:
            return error.strerror or type(error).__name__
        return f"{error.strerror or type(error).__name__}; it belongs to uid {owner}, we are uid {os.geteuid()}"

    def _keep_owner(self) -> None:
        """A sidecar that root made in another user's folder is given to that user, who must be able to lock it."""
        if os.geteuid() != 0:
            return
        folder = self._sidecar.parent.stat()
        if folder.st_uid != 0 and self._sidecar.lstat().st_uid == 0:
            os.chown(self._sidecar, folder.st_uid, folder.st_gid, follow_symlinks=False)
