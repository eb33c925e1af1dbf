"""Append whole lines to a log file, while other processes append to it and logrotate moves or empties it.

The file is opened anew for each line, so a file that was moved is made again. A warm token imports this module, so it
imports only what Python has loaded at its start.
"""

import errno
import os
import stat

LARGEST = 64 * 2**20  # bytes; a larger file becomes `….old`, in the place of the former one
OLD = ".old"
LOG_SUFFIX = ".audit.jsonl"  # behind the name of the credential file
_TAIL = 16 * 2**10  # bytes
_PRIVATE = 0o600
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def open_to_append(name: str, at: int | None = None, largest: int = LARGEST) -> int:
    """Open the log for one line and return its descriptor; `name` is in the folder with the descriptor `at`.

    A log that is too large is moved away first. A line that a full disk has cut off is ended.

    Raises:
        OSError: the log cannot be opened, or is no file.
    """
    descriptor = os.open(name, _FLAGS, _PRIVATE, dir_fd=at)
    try:
        found = os.fstat(descriptor)
        _check_kind(found)
        if found.st_size > largest and _move_away(descriptor, name, at):
            os.close(descriptor)
            descriptor = os.open(name, _FLAGS, _PRIVATE, dir_fd=at)
        if tail_of(descriptor, 1) not in {b"", b"\n"}:
            os.write(descriptor, b"\n")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def check_whole(written: int, line: bytes) -> None:
    """Check that one write has taken the whole line, as it does unless the disk is full.

    Raises:
        OSError: only a part of the line was written.
    """
    if written < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def tail_of(descriptor: int, most: int = _TAIL) -> bytes:
    """Return the last bytes of the log."""
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, most, max(0, size - most)) if size else b""


def _check_kind(found: os.stat_result) -> None:
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISCHR(found.st_mode)):  # /dev/null is one; a FIFO is none
        raise OSError(errno.EINVAL, "it is no file")


def _move_away(descriptor: int, name: str, at: int | None) -> bool:
    """Rename the log, unless another process does so now; return whether the log has to be opened again.

    Raises:
        OSError: it could not be renamed.
    """
    import fcntl  # noqa: PLC0415 - few lines need it

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # it ends with the descriptor
    except BlockingIOError:
        return False
    ours = os.fstat(descriptor)
    try:
        there = os.stat(name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return True
    if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino):
        os.rename(name, f"{name}{OLD}", src_dir_fd=at, dst_dir_fd=at)
    return True
