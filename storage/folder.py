"""A folder: what lies in it, and making durable what was renamed in it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_UNTOUCHED: Final = getattr(os, "O_NOATIME", 0)  # Linux's, and only for the folder's owner


def names(path: Path) -> list[str] | None:
    """What lies in it, in any order; None when that cannot be known."""
    try:
        descriptor = _open(path)
        try:
            return os.listdir(descriptor)  # noqa: PTH208 - a descriptor is no path
        finally:
            os.close(descriptor)
    except OSError:
        return None


def sync(path: Path) -> None:
    """Make new names durable. They are visible already, so a failure must not be told as "nothing changed"."""
    with contextlib.suppress(OSError):
        descriptor = _open(path)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _open(path: Path) -> int:
    try:  # else listing it changes its time of access, which the next fsync in it must write too
        return os.open(path, _FLAGS | _UNTOUCHED)
    except PermissionError:
        return os.open(path, _FLAGS)
