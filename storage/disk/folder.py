"""Lists a folder, and makes new names in it durable."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from openab_auth.storage.disk import regular_file
from openab_auth.storage.errors import StoreUnreadableError

_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_UNTOUCHED: Final = getattr(os, "O_NOATIME", 0)  # only on Linux, and only for the owner of the folder


def names(path: Path) -> list[str]:
    """Return the names in the folder, in any order; return none if it is missing or this user may not list it.

    Raises:
        StoreUnreadableError: the folder is there but could not be read.
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
        raise StoreUnreadableError(path, error) from error


def can_be_listed(path: Path) -> bool:
    """Return whether this user may list the folder."""
    try:
        regular_file.close(_open(path))
    except PermissionError:
        return False
    except OSError:
        return True  # `names` reports all errors except missing permissions
    return True


def sync(path: Path) -> None:
    """Make new names in the folder durable; ignore errors, because the change is visible and must not seem undone."""
    with contextlib.suppress(OSError):
        descriptor = _open(path)
        try:
            os.fsync(descriptor)
        finally:
            regular_file.close(descriptor)


def _open(path: Path) -> int:
    try:  # without this flag listing changes the access time, and the next fsync in the folder writes that too
        return os.open(path, _FLAGS | _UNTOUCHED)
    except PermissionError:
        return os.open(path, _FLAGS)
