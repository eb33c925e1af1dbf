"""Temporary files of writers that were killed, which may hold tokens: the next update removes them.

Only ever removed under the global lock. Whoever writes the store holds that lock, in any language, so no temporary
file of a living writer is there; only a spill and the rehearsal of a write need no lock, and they begin anew.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final

from openab_auth.storage.file import folder, journal
from openab_auth.storage.format.keys import is_file_name

_COMMIT: Final = 10.0  # seconds; a commit takes milliseconds
_LOCK: Final = ".global.lock"
_ZEROS: Final = b"\0" * 2**16


def all_of(path: Path, names: Collection[str], tenants: Collection[str]) -> list[Path]:
    """Return the temporary files among `names`; a spill of one of these `tenants` is none, however it is called."""
    mark = re.compile(rf"{re.escape(path.name)}(\..+)?\.tmp\.\d+\.\d+", re.ASCII | re.DOTALL)
    spills = {journal.path_of(path, tenant).name for tenant in tenants if is_file_name(tenant)}
    found = (name for name in without_other_stores(path, names) if mark.fullmatch(name) and name not in spills)
    return sorted(map(path.with_name, found))


def without_other_stores(path: Path, names: Collection[str]) -> list[str]:
    """Return those of the names that are no file of another store in the same folder, whose writers have its lock."""
    stores = {name.removesuffix(_LOCK) for name in names if name.endswith(_LOCK)} | {path.name}

    def is_ours(name: str) -> bool:
        owners = [store for store in stores if name == store or name.startswith(f"{store}.")]
        return max(owners, key=len, default=path.name) == path.name

    return [name for name in names if is_ours(name)]


def find(path: Path, now: float, tenants: Collection[str]) -> list[Path]:
    """Return the temporary files that no living writer has: they are older than 10 s by `now`, in unix seconds.

    Raises:
        StoreUnreadableError: the folder could not be read.
    """
    return [place for place in all_of(path, folder.names(path.parent), tenants) if _is_old(place, now)]


def may_be_among(names: Collection[str]) -> bool:
    """Return whether it is worth to look for temporary files among these names; each update asks."""
    return any(".tmp." in name for name in names)


def remove(path: Path, names: Collection[str], tenants: Collection[str]) -> None:
    """Remove the temporary files among `names`, which were in the folder before the lock was taken.

    A writer that held the lock then has renamed its file by now. What cannot be removed is told by `problems`.
    """
    for place in all_of(path, names, tenants):
        erase(place)


def erase(place: Path) -> bool:
    """Remove a file, or at least what is in it; return whether nothing of it is left."""
    try:
        found = os.lstat(place)
        if stat.S_ISDIR(found.st_mode):
            return True  # nobody's temporary file
        if found.st_nlink > 1:  # it lives on under another name
            _overwrite(place)
        place.unlink()
    except FileNotFoundError:
        return True
    except OSError:
        try:
            _overwrite(place)
        except OSError:
            return False
    return True


def _overwrite(place: Path) -> None:
    """Write zeros over a file of the folder's owner; another name may make it any other file of this disk."""
    descriptor = os.open(place, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.stat(place.parent).st_uid:  # noqa: PTH116 -- raises alike
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
        return True  # nobody knows, so it is told
    return stat.S_ISREG(found.st_mode) and now - found.st_mtime > _COMMIT
