"""Keeps the bytes of a damaged file under a new name; call it only under the global lock.

The file may have the last copy of a login. So a logout does not remove the file, but overwrites the ended tokens in it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path
from typing import Final

from openab_auth.storage.disk import atomic, folder, ownership
from openab_auth.storage.disk.ownership import Owner

_MOST_NAMES: Final = 1000
_UNCLEARED: Final = ".uncleared"  # part of the name of a file that a logout could not rewrite


def keep(path: Path, data: bytes, now: float, owner: Owner | None = None) -> Path:
    """Write `data` durably to `<path>.corrupt-<unix seconds>[-N]` and return that path.

    `owner` is the owner of the damaged file; the new file belongs to this user too.

    Raises:
        StoreUnwritableError: the bytes could not be kept, so the damaged file must stay unchanged.
    """
    stem = f"{path.name}.corrupt-{int(now)}"
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(1)))
    return next(kept for kept in map(path.with_name, names) if atomic.create(kept, data, owner))


def kept_files(path: Path) -> list[Path]:
    """Return all kept bytes of damaged files; agents in other languages keep them under the same names.

    Raises:
        StoreUnreadableError: the folder could not be read.
    """
    mark = f"{path.name}.corrupt-"
    return sorted(path.with_name(name) for name in folder.names(path.parent) if name.startswith(mark))


def name_uncleared(kept: Path) -> Path:
    """Add `.uncleared` to the name of a file that a logout could not clear, so that `status` finds it; return its path.

    This works on a full disk, too. Only kept files are renamed, because other programs know other files by their names.
    """
    if is_uncleared(kept) or ".corrupt-" not in kept.name:
        return kept
    with contextlib.suppress(OSError), ownership.entered(kept) as (at, name):
        for free in (f"{name}{_UNCLEARED}{number or ''}" for number in range(_MOST_NAMES)):
            try:
                os.lstat(free, dir_fd=at)
            except FileNotFoundError:
                os.rename(name, free, src_dir_fd=at, dst_dir_fd=at)
                return kept.with_name(free.rpartition("/")[2])
    return kept


def is_uncleared(kept: Path) -> bool:
    """Return whether a logout tried to clear this file and failed."""
    return _UNCLEARED in kept.name
