"""A small file system, and how full it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 256 * 1024


def free(place: Path) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


@contextmanager
def filled(disk: Path, *, leave: int = 0) -> Iterator[None]:
    """Nothing but `leave` bytes of the disk is free in here."""
    filler = disk / "filler"
    filler.write_bytes(b"x" * max(free(disk) - leave, 0))
    try:
        yield
    finally:
        filler.unlink()
