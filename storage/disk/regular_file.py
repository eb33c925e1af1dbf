"""Reads a regular file as a whole; a FIFO in its place cannot block us, and a device cannot fill the memory."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from openab_auth.storage.disk import ownership

_READ: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


class NotRegularError(OSError):
    """The path leads to something else than a regular file; for the advice, that is as a folder in its place."""

    def __init__(self) -> None:
        super().__init__(errno.EISDIR, "it is not a regular file")


def read(path: str | Path, flags: int = 0, afterwards: ExitStack | None = None) -> tuple[bytes, os.stat_result]:
    """Return the bytes of the file, and its stat from before it was read; `flags` are further flags for `os.open`.

    The file is closed at once, or by `afterwards` if that is given. Root follows no link in a folder of another user.

    Raises:
        NotRegularError: the path leads to a folder, a FIFO or a device.
        OSError: the file cannot be read.
    """
    at, name = ownership.enter(path)
    try:
        descriptor = os.open(name, _READ | flags | (0 if at is None else os.O_NOFOLLOW), dir_fd=at)
    finally:
        ownership.leave(at)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotRegularError
        data = os.read(descriptor, found.st_size + 1)
        while more := os.read(descriptor, found.st_size + 1):  # usually empty; only an empty read proves the end
            data += more
        return data, found
    finally:
        if afterwards is None:
            close(descriptor)
        else:
            afterwards.callback(close, descriptor)


def close(descriptor: int) -> None:
    """Close a descriptor to which nothing was written, so that an error has no meaning."""
    try:  # noqa: SIM105 -- contextlib.suppress takes five times as long, several times in each commit
        os.close(descriptor)
    except OSError:
        pass
