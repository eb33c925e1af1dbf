"""Keeps the bytes of a damaged file under a name that nothing bears yet; only ever written under the global lock.

Such a file may be the last copy of somebody's login, so a logout does not remove it: it takes out of it what it ends.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path
from typing import Final

from openab_auth.storage.file import atomic, folder
from openab_auth.storage.file.ownership import Owner

_MOST_NAMES: Final = 1000
_UNCLEARED: Final = ".uncleared"  # ends the name of a file that a logout could not rewrite


def keep(path: Path, data: bytes, now: float, owner: Owner | None = None) -> Path:
    """Write `data` durably to `<path>.corrupt-<unix seconds>[-N]` and return that name.

    `owner` is whose file was damaged: nobody else gets its bytes.

    Raises:
        StoreUnwritableError: it could not be kept, so the damaged file must stay as it is.
    """
    stem = f"{path.name}.corrupt-{int(now)}"
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(1)))
    return next(kept for kept in map(path.with_name, names) if atomic.create(kept, data, owner))


def kept_files(path: Path) -> list[Path]:
    """Return the damaged files that were kept so far, by us or by agents in other languages.

    Raises:
        StoreUnreadableError: the folder could not be read.
    """
    mark = f"{path.name}.corrupt-"
    return sorted(path.with_name(name) for name in folder.names(path.parent) if name.startswith(mark))


def name_uncleared(kept: Path) -> Path:
    """Name a file `….uncleared` that a logout could not clear, and return its name; `status` tells it from that.

    A full disk allows that, too. Only what was kept of a damaged file is renamed: other files are known by their names.
    """
    if is_uncleared(kept) or ".corrupt-" not in kept.name:
        return kept
    for free in (kept.with_name(f"{kept.name}{_UNCLEARED}{number or ''}") for number in range(_MOST_NAMES)):
        try:
            os.lstat(free)
        except FileNotFoundError:
            with contextlib.suppress(OSError):
                return kept.rename(free)
            break
        except OSError:
            break
    return kept


def is_uncleared(kept: Path) -> bool:
    """Return whether a logout has tried to clear this file and could not."""
    return _UNCLEARED in kept.name
