"""Temporary files of writers that were killed: an hour later an update removes them, and a logout does so at once.

Only ever removed under the global lock. Whoever writes the store holds that lock, in any language, so no temporary
file of a living writer is there; only a spill and the rehearsal of a write need no lock, and they begin anew.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final

from storage import folder, journal
from storage.errors import StoreUnreadableError
from storage.tenants import is_file_name

_COMMIT: Final = 10.0  # seconds; a commit takes milliseconds
_AGE: Final = 3600.0  # seconds; the slowest disk does not take an hour
_ZEROS: Final = b"\0" * 2**16


def all_of(path: Path, names: Collection[str], tenants: Collection[str]) -> list[Path]:
    """Return the temporary files among `names`; a spill of one of these `tenants` is none, however it is called."""
    mark = re.compile(rf"{re.escape(path.name)}(\..+)?\.tmp\.\d+\.\d+", re.ASCII | re.DOTALL)
    spills = {journal.path_of(path, tenant).name for tenant in tenants if is_file_name(tenant)}
    return sorted(path.with_name(name) for name in names if mark.fullmatch(name) and name not in spills)


def find(path: Path, now: float, tenants: Collection[str]) -> list[Path]:
    """Return the temporary files that no living writer has: they are older than 10 s by `now`, in unix seconds.

    Raises:
        StoreUnreadableError: the folder could not be read.
    """
    found = all_of(path, folder.names(path.parent), tenants)
    return [place for place in found if _is_older(place, now, _COMMIT)]


def remove(path: Path, now: float, tenants: Collection[str]) -> None:
    """Remove those that are older than an hour; nobody waits for that, so nothing is raised."""
    with contextlib.suppress(StoreUnreadableError):
        for place in find(path, now, tenants):
            if _is_older(place, now, _AGE):
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


def _is_older(place: Path, now: float, seconds: float) -> bool:
    try:
        found = os.lstat(place)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # nobody knows, so it is told
    return stat.S_ISREG(found.st_mode) and now - found.st_mtime > seconds
