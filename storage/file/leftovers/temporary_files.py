"""Finds and removes temporary files of killed writers, which may contain tokens; the next update removes them.

Remove them only under the global lock. Writers in every language hold this lock, so no living writer has a temporary
file then. Only spills and rehearsals write without the lock, and they start again if their temporary file disappears.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final

from openab_auth.storage import journal
from openab_auth.storage.disk import folder, ownership
from openab_auth.storage.format.keys import is_file_name

_COMMIT: Final = 10.0  # seconds; a commit takes milliseconds
_LOCK: Final = ".global.lock"
_ZEROS: Final = b"\0" * 2**16


def all_of(path: Path, names: Collection[str], tenants: Collection[str]) -> list[Path]:
    """Return the temporary files among `names`, but no spill of these `tenants`, whatever their names look like."""
    mark = re.compile(rf"{re.escape(path.name)}(\..+)?\.tmp\.\d+\.\d+", re.ASCII | re.DOTALL)
    spills = {journal.path_of(path, tenant).name for tenant in tenants if is_file_name(tenant)}
    found = (name for name in without_other_stores(path, names) if mark.fullmatch(name) and name not in spills)
    return sorted(map(path.with_name, found))


def without_other_stores(path: Path, names: Collection[str]) -> list[str]:
    """Return the names without the files of other stores in the folder, whose writers hold another lock."""
    stores = {name.removesuffix(_LOCK) for name in names if name.endswith(_LOCK)} | {path.name}

    def is_ours(name: str) -> bool:
        owners = [store for store in stores if name == store or name.startswith(f"{store}.")]
        return max(owners, key=len, default=path.name) == path.name

    return [name for name in names if is_ours(name)]


def find(path: Path, now: float, tenants: Collection[str]) -> list[Path]:
    """Return the temporary files that are older than 10 s at `now` (unix seconds), so that no living writer has them.

    Raises:
        StoreUnreadableError: the folder could not be read.
    """
    return [place for place in all_of(path, folder.names(path.parent), tenants) if _is_old(place, now)]


def may_be_among(names: Collection[str]) -> bool:
    """Return quickly whether there may be temporary files among these names; every update calls this."""
    return any(".tmp." in name for name in names)


def remove(path: Path, names: Collection[str], tenants: Collection[str]) -> None:
    """Remove the temporary files among `names`, which were in the folder before the lock was taken.

    A writer that held the lock at that time has renamed its file by now. `problems` reports files that remain.
    """
    for place in all_of(path, names, tenants):
        erase(place)


def erase(place: Path) -> bool:
    """Remove a file, or at least its content; return whether nothing is left."""
    try:
        with ownership.entered(place) as (at, name):
            return _erase(name, at)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _erase(name: str, at: int | None) -> bool:
    try:
        found = os.lstat(name, dir_fd=at)
        if stat.S_ISDIR(found.st_mode):
            return True  # no writer makes a folder as its temporary file
        if found.st_nlink > 1:  # the content has another name too
            _overwrite(name, at)
        os.unlink(name, dir_fd=at)
    except FileNotFoundError:
        raise
    except OSError:
        _overwrite(name, at)
    return True


def _overwrite(name: str, at: int | None) -> None:
    """Write zeros over a file, if it belongs to the owner of the folder: a hard link could lead to any other file."""
    descriptor = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    try:
        found, around = os.fstat(descriptor), os.stat(Path(name).parent, dir_fd=at)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != around.st_uid:
            raise PermissionError
        left = found.st_size
        while left > 0:
            left -= os.write(descriptor, _ZEROS[:left])
        os.ftruncate(descriptor, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_old(place: Path, now: float) -> bool:
    try:
        found = os.lstat(place)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # unknown, so report it
    return stat.S_ISREG(found.st_mode) and now - found.st_mtime > _COMMIT
