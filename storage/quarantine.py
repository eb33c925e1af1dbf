"""Keeps the bytes of a damaged file under a name that nothing bears yet; only ever written under the global lock.

Such a file may be the last copy of somebody's login, so a logout does not remove it: it takes out of it what it ends.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from storage import atomic, blank, folder, regular
from storage.errors import StorageError

_LARGEST: Final = 2**22  # bytes that are looked through while everybody waits for the lock
_UNCLEARED: Final = ".uncleared"  # ends the name of a file that a logout could not rewrite


def keep(path: Path, data: bytes, now: float) -> Path:
    """Write `data` durably to `<path>.corrupt-<unix seconds>[-N]` and return that name.

    Raises:
        StoreUnwritableError: it could not be kept, so the damaged file must stay as it is.
    """
    stem = f"{path.name}.corrupt-{int(now)}"
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(1)))
    return next(kept for kept in map(path.with_name, names) if atomic.create(kept, data))


def kept_files(path: Path) -> list[Path]:
    """The damaged files that were kept so far, by us or by agents in other languages."""
    mark = f"{path.name}.corrupt-"
    return sorted(path.with_name(name) for name in folder.names(path.parent) or () if name.startswith(mark))


def clear(path: Path, secrets: Iterable[str]) -> None:
    """Blank the secrets of a login that has ended in every file that was kept; one that resists is named `uncleared`.

    Nobody waits for that, so nothing is raised.
    """
    wanted = list(secrets)
    for kept in kept_files(path) if wanted else []:
        try:
            _clear(kept, wanted, path)
        except (OSError, StorageError):
            if not is_uncleared(kept):
                with contextlib.suppress(OSError):
                    os.rename(kept, _free_name(kept))  # noqa: PTH104 -- on a full disk, too; problems tells it from the name


def is_uncleared(kept: Path) -> bool:
    """Whether a logout has tried to clear this file and could not."""
    return _UNCLEARED in kept.name


def _clear(kept: Path, secrets: list[str], path: Path) -> None:
    found = os.lstat(kept)
    if not stat.S_ISREG(found.st_mode):
        return
    if found.st_size > _LARGEST:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    data, _ = regular.read(kept, os.O_NOFOLLOW)
    cleared = blank.blanked(data, secrets)
    if cleared != data:
        atomic.swap(kept, cleared, temporary_of=path, mode=stat.S_IMODE(found.st_mode))


def _free_name(kept: Path) -> Path:
    names = (f"{kept.name}{_UNCLEARED}{number or ''}" for number in itertools.count())
    return next(free for free in map(kept.with_name, names) if not os.path.lexists(free))
