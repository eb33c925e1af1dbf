"""Replace a file so that every reader, locked or not, sees all of the old or all of the new."""

from __future__ import annotations

import itertools
import os
import stat
from contextlib import suppress
from pathlib import Path

from storage.errors import StoreUnwritableError

_sequence = itertools.count()


def replace(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write `data` beside `path` and rename it there, mode 0600; `durable` waits until the disk has both.

    Raises:
        StoreUnwritableError: `path` is as it was, and nothing is left beside it.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        old = _stat(path)
        if old is not None and stat.S_ISLNK(old.st_mode):
            raise StoreUnwritableError(path, "it is a symbolic link; name the file that it leads to")
        temporary = path.with_name(f"{path.name}.tmp.{os.getpid()}.{next(_sequence)}")
        try:
            _write(temporary, data, owner=old, durable=durable)
            os.rename(temporary, path)  # noqa: PTH104 - the system call that the design names
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise StoreUnwritableError(path, error.strerror or type(error).__name__) from error


def prove_writable(path: Path, size: int) -> None:
    """Write, sync and remove a file of `size` bytes beside `path`, which a commit would need.

    Raises:
        StoreUnwritableError: the commit could not be made.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        old = _stat(path)
        if old is not None and stat.S_ISLNK(old.st_mode):
            raise StoreUnwritableError(path, "it is a symbolic link; name the file that it leads to")
        temporary = path.with_name(f"{path.name}.tmp.{os.getpid()}.{next(_sequence)}")
        try:
            _write(temporary, b"\n" * size, owner=None, durable=True)
        finally:
            with suppress(OSError):
                temporary.unlink()
    except OSError as error:
        raise StoreUnwritableError(path, error.strerror or type(error).__name__) from error


def create_new(path: Path, data: bytes) -> None:
    """Write `data` into a file that is not there yet, 0600, and wait for the disk.

    Raises:
        FileExistsError: something is there already; it is untouched.
        OSError: it could not be written.
    """
    _write(path, data, owner=None, durable=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` as durable as its files."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _write(path: Path, data: bytes, *, owner: os.stat_result | None, durable: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)  # whatever the umask took away
        if owner is not None and os.geteuid() == 0 and owner.st_uid != 0:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)  # root writes; the agents' user must go on reading
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
