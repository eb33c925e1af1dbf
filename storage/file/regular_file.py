"""Reads a plain file whole: no FIFO in its place may block us, and no device may fill the memory."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from openab_auth.storage.file import ownership

_READ: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


class NotRegularError(OSError):
    """Something else lies where a file was expected."""

    def __init__(self) -> None:
        super().__init__(0, "it is not a regular file")


def read(path: str | Path, flags: int = 0, afterwards: ExitStack | None = None) -> tuple[bytes, os.stat_result]:
    """Return the bytes of the file, and its stat from before it was read; `flags` are more of `os.open`'s.

    Close it at once, or else by `afterwards`. Root follows no link in a folder of another user.

    Raises:
        OSError: it cannot be read; NotRegularError when it is a folder, a FIFO or a device.
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
        while more := os.read(descriptor, found.st_size + 1):  # most often the end; only an empty read proves it
            data += more
        return data, found
    finally:
        if afterwards is None:
            close(descriptor)
        else:
            afterwards.callback(close, descriptor)


def close(descriptor: int) -> None:
    """Close a descriptor that nothing was written to; an error has no meaning then, and the descriptor is gone."""
    try:  # noqa: SIM105 -- contextlib.suppress takes five times as long, several times in each commit
        os.close(descriptor)
    except OSError:
        pass


def reason_of(error: OSError) -> str:
    """Say why a file could not be opened or read."""
    if error.errno == errno.ELOOP:
        return "it is a symbolic link, or lies behind a loop of them"
    return error.strerror or type(error).__name__
