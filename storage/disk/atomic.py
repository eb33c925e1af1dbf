"""Replaces a file as a whole: temporary file beside it, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
from pathlib import Path
from typing import Final, Self

from openab_auth.storage.disk import folder, mounts, ownership
from openab_auth.storage.disk.ownership import PRIVATE, Owner
from openab_auth.storage.disk.regular_file import NotRegularError
from openab_auth.storage.errors import StoreUnwritableError

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_TRIES: Final = 3  # a logout also removes the temporary file of a writer without the lock, who then starts again
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})  # of a file system without hard links
_sequence: Final = itertools.count()


def swap(path: Path, data: bytes, *, temporary_of: Path | None = None, mode: int = PRIVATE) -> os.stat_result:
    """Replace the file at `path` by `data`, by default for its owner alone to read, and return the new file's stat.

    The new modification time is later than the old one, even within one tick of the clock. A reader who compares
    (inode, time, size) therefore never takes the new file for the old one. If the machine crashes before `folder.sync`,
    the old or the new file remains. The temporary file is named after `temporary_of`, or after `path` without it.

    Raises:
        StoreUnwritableError: nothing was replaced.
    """
    with _Target(path, temporary_of) as target:
        for _ in range(_TRIES - 1):
            try:
                return _swap(target, data, mode)
            except _TemporaryGoneError:
                continue
        return _swap(target, data, mode)


def create(path: Path, data: bytes, owner: Owner | None = None) -> bool:
    """Write a new file durably; if the name is taken already, do nothing and return False.

    Root gives the file to `owner`, or to the owner of its folder if `owner` is None.

    Raises:
        StoreUnwritableError: the file could not be written, and nothing is left behind.
    """
    with _Target(path) as target:
        try:
            descriptor = os.open(target.path, _NEW, PRIVATE, dir_fd=target.at)
        except FileExistsError:
            return False
        try:
            _fill(descriptor, data, owner or ownership.folder_owner(path, target.at))
        except BaseException:
            _drop(target.path, target.at)
            raise
        folder.sync(path.parent)
    return True


def publish(path: Path, data: bytes) -> bool:
    """Write a new file durably and as a whole: its name appears when all of it is on the disk.

    If the name is taken already, do nothing and return False.

    Raises:
        StoreUnwritableError: the file could not be written, and nothing is left behind.
    """
    with _Target(path) as target:
        temporary, descriptor = _create_temporary(target)
        try:
            _fill(descriptor, data, ownership.folder_owner(path, target.at))
            _name(temporary, target)
        except FileExistsError:
            return False
        finally:
            _drop(temporary, target.at)
        folder.sync(path.parent)
    return True


def rehearse(path: Path, size: int) -> None:
    """Prove that `path` can be replaced: write and fsync `size` bytes in a temporary file beside it, and remove that.

    Raises:
        StoreUnwritableError: this failed, so `swap` would fail too.
    """
    check_replaceable(path)
    with _Target(path) as target:
        owner = _owner_after(existing(path, target.at), path, target.at)
        temporary, descriptor = _create_temporary(target)
        try:
            _fill(descriptor, b" " * size, owner)
        except BaseException:
            _drop(temporary, target.at)
            raise
        _remove(temporary, target.at)


def check_replaceable(path: Path) -> None:
    """Prove that a file could be renamed over the regular file at `path`; do nothing if there is no such file.

    Nothing is renamed. The kernel checks the rights to remove a name before it checks for a folder, so rmdir(2) answers
    ENOTDIR only for a file that could be replaced. A mount point it does not notice.

    Raises:
        StoreUnwritableError: a rename would fail.
    """
    with _Target(path) as target, contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.lstat(target.path, dir_fd=target.at).st_mode):
            return
        if mounts.is_mount_point(target.path, target.at):
            from openab_auth.storage.file_faults import MOUNTED_ALONE, FaultError  # noqa: PLC0415 -- only a failure needs the table

            raise FaultError.of(errno.EBUSY, MOUNTED_ALONE)
        with contextlib.suppress(NotADirectoryError):
            os.rmdir(target.path, dir_fd=target.at)


def make_folder(path: Path) -> None:
    """Make the folder of `path`, for its owner alone, if it is missing; root gives it to the owner of the folder above.

    Raises:
        StoreUnwritableError: the folder could not be made.
    """
    try:
        ownership.make_folder(os.fspath(path.parent))
    except OSError as error:
        raise StoreUnwritableError(path, error) from error


def existing(path: Path, at: int | None = None) -> os.stat_result | None:
    """Return the stat of the file that will be replaced, or None if there is none; `at` is its open folder or None.

    Raises:
        StoreUnwritableError: it is not a regular file, or cannot be looked at. If a file replaced a symbolic link,
            readers of the link's target would never see a new token.
    """
    try:
        found = os.lstat(path) if at is None else os.lstat(path.name, dir_fd=at)  # takes half the time of Path.lstat
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnwritableError(path, error) from error
    if stat.S_ISLNK(found.st_mode):
        raise StoreUnwritableError(path, "it is a symbolic link; give the path that it points to")
    if not stat.S_ISREG(found.st_mode):
        raise StoreUnwritableError(path, NotRegularError())
    return found


def _swap(target: _Target, data: bytes, mode: int) -> os.stat_result:
    old = existing(target.whole, target.at)
    owner = _owner_after(old, target.whole, target.at)
    temporary, descriptor = _create_temporary(target)
    try:
        new = _fill(descriptor, data, owner, mode, after=old)
        os.replace(temporary, target.path, src_dir_fd=target.at, dst_dir_fd=target.at)
    except FileNotFoundError as error:
        raise _TemporaryGoneError(*error.args) from error
    except BaseException:
        _drop(temporary, target.at)
        raise
    return new


def _owner_after(old: os.stat_result | None, path: Path, at: int | None) -> Owner | None:
    """Return the owner for the new file: the owner of the old file, or of the folder if there is none."""
    return ownership.folder_owner(path, at) if old is None else ownership.owner_of(old)


def _name(temporary: str, target: _Target) -> None:
    """Give a temporary file its name, or raise FileExistsError if the name is taken.

    Without hard links, a file that another process makes in this very moment is replaced.
    """
    try:
        os.link(temporary, target.path, src_dir_fd=target.at, dst_dir_fd=target.at, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with contextlib.suppress(FileNotFoundError):
            os.lstat(target.path, dir_fd=target.at)
            raise FileExistsError from None
        os.replace(temporary, target.path, src_dir_fd=target.at, dst_dir_fd=target.at)


def _create_temporary(target: _Target) -> tuple[str, int]:
    while True:
        temporary = f"{target.stem}.tmp.{os.getpid()}.{next(_sequence)}"
        try:
            return temporary, os.open(temporary, _NEW, PRIVATE, dir_fd=target.at)
        except FileExistsError:  # a killed process with the same id left it
            continue


def _fill(
    descriptor: int, data: bytes, owner: Owner | None, mode: int = PRIVATE, *, after: os.stat_result | None = None
) -> os.stat_result:
    """Write, fsync and close a new file, with a modification time later than that of `after`; return its stat."""
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        new = ownership.settle(descriptor, owner, mode)
        if after is not None and new.st_mtime_ns <= after.st_mtime_ns:
            os.utime(descriptor, ns=(after.st_mtime_ns + 1, after.st_mtime_ns + 1))
            new = os.fstat(descriptor)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return new


def _remove(name: str, at: int | None) -> None:
    """Remove a temporary file, unless a logout has done so already; try twice, because an error may be temporary."""
    with contextlib.suppress(FileNotFoundError):
        try:
            os.unlink(name, dir_fd=at)
        except FileNotFoundError:
            raise
        except OSError:
            os.unlink(name, dir_fd=at)


def _drop(name: str, at: int | None) -> None:
    """Remove an unfinished file if possible."""
    with contextlib.suppress(OSError):
        _remove(name, at)


class _TemporaryGoneError(FileNotFoundError):
    """Another process removed our temporary file before we renamed it."""


class _Target:
    """The file to replace and its temporary file, by name in an open folder where root must not trust a path.

    As a context manager it turns an OSError into StoreUnwritableError. A generator would take three times as long.
    """

    def __init__(self, path: Path, temporary_of: Path | None = None) -> None:
        self.whole = path
        self.path = os.fspath(path)
        self.stem = os.fspath(temporary_of or path)
        self.at: int | None = None

    def __enter__(self) -> Self:
        try:
            self.at, self.path = ownership.enter(self.whole)
        except OSError as error:
            self.__exit__(None, error, None)
        if self.at is not None:
            self.stem = self.stem.rpartition("/")[2]
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        ownership.leave(self.at)
        if isinstance(error, OSError):
            raise StoreUnwritableError(self.whole, error) from error
