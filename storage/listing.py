"""The names in a folder, without a change of its time of access: that would be one more block in each fsync."""

from __future__ import annotations

import os
from typing import Final

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_UNTOUCHED: Final = getattr(os, "O_NOATIME", 0)  # Linux's, and only for the folder's owner


def names(folder: str | os.PathLike[str]) -> list[str] | None:
    """What lies in it, in any order; None when that cannot be known."""
    try:
        descriptor = os.open(folder, _FOLDER | _UNTOUCHED)
    except PermissionError:
        return _listed(folder)
    except OSError:
        return None
    try:
        return _listed(descriptor)
    finally:
        os.close(descriptor)


def _listed(folder: int | str | os.PathLike[str]) -> list[str] | None:
    try:
        return os.listdir(folder)  # noqa: PTH208 -- before each first read and in each commit
    except OSError:
        return None
