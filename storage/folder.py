"""A folder that is open: what lies in it, and making durable what was renamed in it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_UNTOUCHED: Final = getattr(os, "O_NOATIME", 0)  # Linux's, and only for the folder's owner


class Folder:
    """One descriptor for both; a folder that cannot be opened has no names that are known, and is not synced."""

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = None
        with contextlib.suppress(OSError):
            try:  # a time of access that changes would be one more block for each fsync of a file in it
                self._descriptor = os.open(path, _FLAGS | _UNTOUCHED)
            except PermissionError:
                self._descriptor = os.open(path, _FLAGS)

    def names(self) -> list[str] | None:
        """What lies in it, in any order; None when that cannot be known."""
        if self._descriptor is None:
            return None
        try:
            return os.listdir(self._descriptor)  # noqa: PTH208 - a descriptor is no path
        except OSError:
            return None

    def sync(self) -> None:
        """Make new names durable. They are visible already, so a failure must not be told as "nothing changed"."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def names(path: Path) -> list[str] | None:
    """As `Folder.names`."""
    with contextlib.closing(Folder(path)) as folder:
        return folder.names()


def sync(path: Path) -> None:
    """As `Folder.sync`."""
    with contextlib.closing(Folder(path)) as folder:
        folder.sync()
