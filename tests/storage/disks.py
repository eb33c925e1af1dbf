"""A small file system, and ways to fill it."""

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
    """Fill the disk during the block, except for `leave` bytes."""
    filler = disk / "filler"
    filler.write_bytes(b"x" * max(free(disk) - leave, 0))
    try:
        yield
    finally:
        filler.unlink()
