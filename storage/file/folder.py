"""A folder: what lies in it, and making durable what was renamed in it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.file import regular_file

_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_UNTOUCHED: Final = getattr(os, "O_NOATIME", 0)  # Linux's, and only for the folder's owner


def names(path: Path) -> list[str]:
    """Return what lies in it, in any order; nothing when it is missing, or may be entered but not listed.

    Raises:
        StoreUnreadableError: it is there but could not be read.
    """
    try:
        descriptor = _open(path)
        try:
            return os.listdir(descriptor)  # noqa: PTH208 - a descriptor is no path
        finally:
            regular_file.close(descriptor)
    except (FileNotFoundError, PermissionError):
        return []
    except OSError as error:
        raise StoreUnreadableError(path, regular_file.reason_of(error)) from error


def can_be_listed(path: Path) -> bool:
    """Return whether we have the right to list it."""
    try:
        regular_file.close(_open(path))
    except PermissionError:
        return False
    except OSError:
        return True  # another trouble than rights, which `names` tells
    return True


def sync(path: Path) -> None:
    """Make new names durable. They are visible already, so a failure must not be told as "nothing changed"."""
    with contextlib.suppress(OSError):
        descriptor = _open(path)
        try:
            os.fsync(descriptor)
        finally:
            regular_file.close(descriptor)


def _open(path: Path) -> int:
    try:  # else listing it changes its time of access, which the next fsync in it must write too
        return os.open(path, _FLAGS | _UNTOUCHED)
    except PermissionError:
        return os.open(path, _FLAGS)
