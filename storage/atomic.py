"""Replaces a file as a whole: a temporary file beside it, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from pathlib import Path
from typing import Final

from storage import folder
from storage.errors import StoreUnwritableError

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE: Final = 0o600
_sequence: Final = itertools.count()


def replace(path: Path, data: bytes) -> os.stat_result:
    """As `swap`, and durable when it returns.

    Raises:
        StoreUnwritableError: nothing was replaced.
    """
    new = swap(path, data)
    folder.sync(path.parent)
    return new


def swap(path: Path, data: bytes, *, temporary_of: Path | None = None, mode: int = _MODE) -> os.stat_result:
    """Put `data` in the place of `path`, by default for its owner alone to read, and return the new file's stat.

    Its modification time is later than the old file's even when both lie within one tick of the clock, so that a
    reader who compares (inode, time, size) never takes the new file for the old one. A crash of the machine before
    `folder.sync` leaves the old file or the new one. The temporary file is named after `temporary_of`, else `path`.

    Raises:
        StoreUnwritableError: nothing was replaced.
    """
    with _AsUnwritable(path):
        old = existing(path)
        temporary, descriptor = _create_temporary(temporary_of or path)
        try:
            try:
                new = _fill(descriptor, data, _owner_after(old, path), mode)
                if old is not None and new.st_mtime_ns <= old.st_mtime_ns:
                    os.utime(descriptor, ns=(old.st_mtime_ns + 1, old.st_mtime_ns + 1))
                    new = os.fstat(descriptor)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(temporary, path)  # noqa: PTH105 -- the name says what the contract says
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108 -- as above
            raise
    return new


def create(path: Path, data: bytes) -> bool:
    """Write a new file durably; False, and nothing done, when something bears the name already.

    Raises:
        StoreUnwritableError: it could not be written; nothing of it is left.
    """
    with _AsUnwritable(path):
        try:
            descriptor = os.open(path, _NEW, _MODE)
        except FileExistsError:
            return False
        try:
            try:
                _fill(descriptor, data, folder_owner(path))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except BaseException:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        folder.sync(path.parent)
    return True


def rehearse(path: Path, size: int) -> None:
    """Write and fsync `size` bytes beside `path`, then remove them.

    Raises:
        StoreUnwritableError: that did not work, so `replace` would not either.
    """
    with _AsUnwritable(path):
        old = existing(path)
        temporary, descriptor = _create_temporary(path)
        try:
            _fill(descriptor, b" " * size, _owner_after(old, path))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
            os.unlink(temporary)  # noqa: PTH108 -- `temporary` is a plain string


def make_folder(path: Path) -> None:
    """Create the folder of `path`, for its owner alone, when it is missing; root gives it to whose home it lies in.

    Raises:
        StoreUnwritableError: it could not be created.
    """
    if path.parent.is_dir():
        return
    with _AsUnwritable(path):
        missing = [parent for parent in path.parents if not parent.exists()]
        owner = folder_owner(missing[-1]) if missing else None
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if owner is not None:
            for parent in missing:
                os.chown(parent, *owner)


def existing(path: Path) -> os.stat_result | None:
    """The stat of what will be replaced; None when nothing is there.

    Raises:
        StoreUnwritableError: it is no regular file. A symbolic link would be replaced by a file, and whoever reads
            through its target would never see a new token again.
    """
    try:
        found = os.lstat(path)  # half the time of Path.lstat, and in every commit
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(found.st_mode):
        raise StoreUnwritableError(path, "it is a symbolic link; give the path that it points to")
    if not stat.S_ISREG(found.st_mode):
        raise StoreUnwritableError(path, "it is not a regular file")
    return found


def folder_owner(path: Path) -> tuple[int, int] | None:
    """Whose a new file shall be: its folder's owner, when that is not us and we may give files away."""
    if os.geteuid() != 0:
        return None
    try:
        return _owner(os.lstat(os.path.dirname(path)))  # noqa: PTH120 -- a tenth of the time of Path, and in every commit
    except OSError:
        return None


def _owner_after(old: os.stat_result | None, path: Path) -> tuple[int, int] | None:
    """Whose the new file shall be: the old one's owner, else its folder's."""
    return folder_owner(path) if old is None else _owner(old)


def _owner(found: os.stat_result) -> tuple[int, int]:
    return found.st_uid, found.st_gid


def _create_temporary(path: Path) -> tuple[str, int]:
    while True:
        temporary = f"{path}.tmp.{os.getpid()}.{next(_sequence)}"
        try:
            return temporary, os.open(temporary, _NEW, _MODE)
        except FileExistsError:  # left by a process of the same number that was killed
            continue


def _fill(descriptor: int, data: bytes, owner: tuple[int, int] | None, mode: int = _MODE) -> os.stat_result:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    found = os.fstat(descriptor)
    if owner is not None and owner != _owner(found) and os.geteuid() == 0:
        os.fchown(descriptor, *owner)
    if stat.S_IMODE(found.st_mode) != mode:
        os.fchmod(descriptor, mode)  # the umask, which can only have made it less, has no say
    return found


class _AsUnwritable:
    """Raises StoreUnwritableError for an OSError in it; a generator would take three times as long, in each commit."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise StoreUnwritableError(self._path, error.strerror or type(error).__name__) from error
