"""An exclusive flock(2) on a sidecar file; programs in other languages respect it if they lock the same file."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TypeVar

from openab_auth.storage.disk import atomic, ownership, regular_file
from openab_auth.storage.errors import StoreUnwritableError
from openab_auth.storage.file.locks import forked
from openab_auth.storage.file_faults import lock_error

T = TypeVar("T")
_FLAGS: Final = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class Flock:
    """One holder of the lock on a sidecar file; use it in one thread at a time.

    A forked child does not hold the lock, and does not keep it locked when this process dies.
    """

    def __init__(self, path: Path, *, keep_open: bool = False) -> None:
        """Prepare the lock; with `keep_open` the sidecar stays open after `release`, until `close`."""
        self._path = path
        self._keep_open = keep_open
        self._opened: tuple[int, os.stat_result] | None = None
        self._held = False
        self._owner_checked = False
        self.was_busy = False  # whether the last try found it held
        forked.register(self)

    def try_acquire(self) -> bool:
        """Take the lock if it is free, without waiting; return False if anybody holds it, also this object.

        Raises:
            StoreUnwritableError: the sidecar cannot be opened or locked.
        """
        return not self._held and self._acquire(blocking=False)

    def acquire(self) -> None:
        """Wait in the kernel's queue, without a time limit, until the lock is ours.

        Raises:
            StoreUnwritableError: the sidecar cannot be opened or locked.
        """
        while not self._acquire(blocking=True):
            pass

    def run(self, section: Callable[[ExitStack], T]) -> T:
        """Run `section` under the lock, which is held; release the lock, then run the callbacks on the stack."""
        with ExitStack() as afterwards:
            try:
                return section(afterwards)
            finally:
                self.release()

    def read(self, most: int) -> bytes:
        """Return what the sidecar holds; call it while the lock is held.

        Raises:
            StoreUnwritableError: the sidecar cannot be read.
        """
        assert self._opened is not None  # noqa: S101 - it is held
        try:
            return os.pread(self._opened[0], most, 0)
        except OSError as error:
            raise StoreUnwritableError(self._path, error) from error

    def write(self, content: bytes) -> None:
        """Replace what the sidecar holds; call it while the lock is held.

        Raises:
            StoreUnwritableError: the sidecar cannot be written; it may be damaged then.
        """
        assert self._opened is not None  # noqa: S101 - it is held
        try:
            os.ftruncate(self._opened[0], os.pwrite(self._opened[0], content, 0))
        except OSError as error:
            raise StoreUnwritableError(self._path, error) from error

    def is_in_place(self) -> bool:
        """Return whether the locked file still has its name; call it while the lock is held."""
        return self._opened is not None and _is_at(self._opened[1], self._path)

    def release(self) -> None:
        """Release the lock; do nothing when it is not held."""
        if self._held and self._opened is not None:
            self._held = False
            with contextlib.suppress(
                OSError
            ):  # `close` alone is not enough: a child that was not forked by Python may have the file open
                fcntl.flock(self._opened[0], fcntl.LOCK_UN)
            if not self._keep_open:
                self.close()

    def close(self) -> None:
        """Close the sidecar, which releases the lock; in a forked child the parent still holds it."""
        opened, self._opened, self._held = self._opened, None, False
        if opened is not None:
            regular_file.close(opened[0])

    begin_in_child = close

    def __del__(self) -> None:
        self.release()
        self.close()

    def probe(self) -> None:
        """Prove that the sidecar can be opened, whether the lock is free or not.

        Raises:
            StoreUnwritableError: the sidecar cannot be opened.
        """
        try:
            descriptor, _ = _open(self._path, owner_checked=False)
        except OSError as error:
            raise StoreUnwritableError(self._path, lock_error(error, _owner_of(self._path, error))) from error
        regular_file.close(descriptor)

    def _acquire(self, *, blocking: bool) -> bool:
        try:
            from filelock import lock_descriptor  # noqa: PLC0415 -- costs 15 ms, and a program that only reads need not pay it

            descriptor, found = self._opened = self._opened or _open(self._path, owner_checked=self._owner_checked)
            self._owner_checked = True
            self._held = lock_descriptor(descriptor, blocking=False)
            self.was_busy = not self._held
            if blocking and not self._held:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                self._held = True
            if self._held and not _is_at(found, self._path):
                self.close()
        except OSError as error:
            self.close()
            raise StoreUnwritableError(self._path, lock_error(error, _owner_of(self._path, error))) from error
        except BaseException:
            self.close()  # the caller does not know that it is held
            raise
        finally:
            if not self._held and not self._keep_open:
                self.close()
        return self._held


def check_lock(path: Path) -> None:
    """Prove that a sidecar can be opened, or made if it is missing, without changing anything.

    Raises:
        StoreUnwritableError: it cannot.
    """
    try:
        try:
            descriptor, _ = _open_there(path, _FLAGS, owner_checked=True)
        except FileNotFoundError:
            _check_may_make(path)
        else:
            regular_file.close(descriptor)
    except OSError as error:
        raise StoreUnwritableError(path, lock_error(error, _owner_of(path, error))) from error


def _check_may_make(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):  # the first commit makes the folder
        path.parent.stat()
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path.parent))


def _open(path: Path, *, owner_checked: bool) -> tuple[int, os.stat_result]:
    """Open the sidecar; return its descriptor and stat. Unless `owner_checked`, root gives it to the right owner."""
    try:
        return _open_there(path, _FLAGS, owner_checked=owner_checked)
    except FileNotFoundError:
        atomic.make_folder(path)
        return _open_there(path, _FLAGS | os.O_CREAT, owner_checked=False)


def _open_there(path: Path, flags: int, *, owner_checked: bool) -> tuple[int, os.stat_result]:
    at, name = ownership.enter(path)
    try:
        descriptor = os.open(name, flags, ownership.PRIVATE, dir_fd=at)
        try:
            if flags & os.O_CREAT:
                ownership.settle(descriptor, None)  # whatever the umask is
            found = os.fstat(descriptor)
            _check_regular(found, path)
            if not owner_checked and found.st_uid == 0:  # otherwise the owner of the folder could not open it
                ownership.give_away(descriptor, found, ownership.folder_owner(path, at))
        except BaseException:
            regular_file.close(descriptor)
            raise
    finally:
        ownership.leave(at)
    return descriptor, found


def _is_at(found: os.stat_result, path: Path) -> bool:
    """Return whether the file still has its name; after its folder was replaced, a lock on it protects nothing."""
    try:
        return os.path.samestat(found, os.lstat(path))
    except FileNotFoundError:
        return False


def _check_regular(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise StoreUnwritableError(path, "it is not a regular file, so it cannot be a lock")


def _owner_of(path: Path, error: OSError) -> str:
    """Return whose the sidecar is if it cannot be opened for lack of rights: most often root ran the program before."""
    if isinstance(error, PermissionError):
        with contextlib.suppress(OSError):
            return _owner("it", path.lstat())
        with contextlib.suppress(OSError):  # it is missing, or we may not look at it
            return _owner("its folder", path.parent.stat())
    return ""


def _owner(what: str, found: os.stat_result) -> str:
    us = os.geteuid()
    if found.st_uid == us:
        return ""
    return f"; {what} belongs to uid {found.st_uid}: run this as that user, or give {what} to uid {us}"
