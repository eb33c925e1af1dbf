"""Replaces a file as a whole: a temporary file beside it, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from pathlib import Path
from typing import Final, Self

from openab_auth.storage.errors import StoreUnwritableError
from openab_auth.storage.file import folder, ownership
from openab_auth.storage.file.ownership import PRIVATE, Owner

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_TRIES: Final = 3  # a logout removes temporary files, also that of a writer without a lock, who then begins anew
_sequence: Final = itertools.count()


def swap(path: Path, data: bytes, *, temporary_of: Path | None = None, mode: int = PRIVATE) -> os.stat_result:
    """Put `data` in the place of `path`, by default for its owner alone to read, and return the new file's stat.

    Its modification time is later than the old file's even when both lie within one tick of the clock, so that a
    reader who compares (inode, time, size) never takes the new file for the old one. A crash of the machine before
    `folder.sync` leaves the old file or the new one. The temporary file is named after `temporary_of`, else `path`.

    Raises:
        StoreUnwritableError: nothing was replaced.
    """
    with _Beside(path, temporary_of) as beside:
        for _ in range(_TRIES - 1):
            try:
                return _swap(beside, data, mode)
            except _TemporaryGoneError:
                continue
        return _swap(beside, data, mode)


def create(path: Path, data: bytes, owner: Owner | None = None) -> bool:
    """Write a new file durably; return False, and do nothing, when something bears the name already.

    It belongs to `owner`, else to its folder's owner, where we may give it away.

    Raises:
        StoreUnwritableError: it could not be written; nothing of it is left.
    """
    with _Beside(path) as beside:
        try:
            descriptor = os.open(beside.path, _NEW, PRIVATE, dir_fd=beside.at)
        except FileExistsError:
            return False
        try:
            _fill(descriptor, data, owner or ownership.folder_owner(path, beside.at))
        except BaseException:
            _drop(beside.path, beside.at)
            raise
        folder.sync(path.parent)
    return True


def rehearse(path: Path, size: int) -> None:
    """Write and fsync `size` bytes beside `path`, then remove them.

    Raises:
        StoreUnwritableError: that did not work, so `swap` would not either.
    """
    with _Beside(path) as beside:
        owner = _owner_after(existing(path, beside.at), path, beside.at)
        temporary, descriptor = _create_temporary(beside)
        try:
            _fill(descriptor, b" " * size, owner)
        except BaseException:
            _drop(temporary, beside.at)
            raise
        _remove(temporary, beside.at)


def make_folder(path: Path) -> None:
    """Make the folder of `path`, for its owner alone, when it is missing; root gives it to whose home it lies in.

    Raises:
        StoreUnwritableError: it could not be made.
    """
    try:
        ownership.make_folder(os.fspath(path.parent))
    except OSError as error:
        raise StoreUnwritableError(path, error.strerror or type(error).__name__) from error


def existing(path: Path, at: int | None = None) -> os.stat_result | None:
    """Return the stat of what will be replaced, or None when nothing is there; `at` is its folder, if that is open.

    Raises:
        StoreUnwritableError: it is no regular file, or cannot be looked at. A symbolic link would be replaced by a
            file, and whoever reads through its target would never see a new token again.
    """
    try:
        found = os.lstat(path) if at is None else os.lstat(path.name, dir_fd=at)  # half the time of Path.lstat
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnwritableError(path, error.strerror or type(error).__name__) from error
    if stat.S_ISLNK(found.st_mode):
        raise StoreUnwritableError(path, "it is a symbolic link; give the path that it points to")
    if not stat.S_ISREG(found.st_mode):
        raise StoreUnwritableError(path, "it is not a regular file")
    return found


def _swap(beside: _Beside, data: bytes, mode: int) -> os.stat_result:
    old = existing(beside.whole, beside.at)
    owner = _owner_after(old, beside.whole, beside.at)
    temporary, descriptor = _create_temporary(beside)
    try:
        new = _fill(descriptor, data, owner, mode, after=old)
        os.replace(temporary, beside.path, src_dir_fd=beside.at, dst_dir_fd=beside.at)
    except FileNotFoundError as error:
        raise _TemporaryGoneError(*error.args) from error
    except BaseException:
        _drop(temporary, beside.at)
        raise
    return new


def _owner_after(old: os.stat_result | None, path: Path, at: int | None) -> Owner | None:
    """Return whose the new file shall be: the old one's owner, else its folder's."""
    return ownership.folder_owner(path, at) if old is None else ownership.owner_of(old)


def _create_temporary(beside: _Beside) -> tuple[str, int]:
    while True:
        temporary = f"{beside.stem}.tmp.{os.getpid()}.{next(_sequence)}"
        try:
            return temporary, os.open(temporary, _NEW, PRIVATE, dir_fd=beside.at)
        except FileExistsError:  # left by a process of the same number that was killed
            continue


def _fill(
    descriptor: int, data: bytes, owner: Owner | None, mode: int = PRIVATE, *, after: os.stat_result | None = None
) -> os.stat_result:
    """Write, fsync and close a new file; return its stat, with a modification time later than that of `after`."""
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
    """Remove a file of ours, which a logout may have done already; what failed once may work the next moment."""
    with contextlib.suppress(FileNotFoundError):
        try:
            os.unlink(name, dir_fd=at)
        except FileNotFoundError:
            raise
        except OSError:
            os.unlink(name, dir_fd=at)


def _drop(name: str, at: int | None) -> None:
    """Remove what could not be finished, if that is possible."""
    with contextlib.suppress(OSError):
        _remove(name, at)


class _TemporaryGoneError(FileNotFoundError):
    """Somebody has removed our temporary file before it was renamed."""


class _Beside:
    """How to name `path` and its temporary file: relative to its folder's descriptor where root must not trust a path.

    Raises StoreUnwritableError for an OSError in it. A generator would take three times as long, in each commit.
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
            raise StoreUnwritableError(self.whole, error.strerror or type(error).__name__) from error
