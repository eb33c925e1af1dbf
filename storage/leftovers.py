"""Temporary files of writers that were killed: an hour later an update removes them, under the global lock."""

from __future__ import annotations

import contextlib
import re
import stat
from pathlib import Path
from typing import Final

from storage import folder

_AGE: Final = 3600.0  # seconds; a commit takes milliseconds, and the slowest disk not an hour


def find(path: Path, now: float) -> list[Path]:
    """Those that are older than an hour by `now`, in unix seconds."""
    mark = re.compile(rf"{re.escape(path.name)}(\.\w+)?\.tmp\.\d+\.\d+", re.ASCII)
    found = sorted(path.with_name(name) for name in folder.names(path.parent) or () if mark.fullmatch(name))
    return [place for place in found if _is_old(place, now)]


def remove(path: Path, now: float) -> None:
    """Remove those; only ever called under the global lock."""
    for place in find(path, now):
        with contextlib.suppress(OSError):
            place.unlink()


def _is_old(place: Path, now: float) -> bool:
    try:
        found = place.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and now - found.st_mtime > _AGE
