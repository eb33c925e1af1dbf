"""Reads a plain file whole: no FIFO in its place may block us, and no device may fill the memory."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from pathlib import Path
from typing import Final

_READ: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


class NotRegularError(OSError):
    """Something else lies where a file was expected."""

    def __init__(self) -> None:
        super().__init__(0, "it is not a regular file")


def read(path: str | Path, flags: int = 0, afterwards: ExitStack | None = None) -> tuple[bytes, os.stat_result]:
    """The bytes of the file and which file it was, from before it was read; `flags` are more of `os.open`'s.

    It is closed at once, or else by `afterwards`.

    Raises:
        OSError: it cannot be read; NotRegularError when it is a folder, a FIFO or a device.
    """
    descriptor = os.open(path, _READ | flags)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotRegularError
        data = os.read(descriptor, found.st_size + 1)
        while more := os.read(descriptor, found.st_size + 1):  # most often the end; only an empty read proves it
            data += more
        return data, found
    finally:
        if afterwards is None:
            os.close(descriptor)
        else:
            afterwards.callback(os.close, descriptor)
