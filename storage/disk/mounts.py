"""Finds files that are mount points, and file systems without modes (proc(5), fdinfo and mountinfo).

Nothing can be renamed over a mount point (rename(2), EBUSY).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_WITHOUT_MODES: Final = frozenset({b"vfat", b"msdos", b"exfat", b"cifs", b"smb3", b"smbfs", b"vboxsf"})
_LOOK: Final = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK) | os.O_CLOEXEC


def is_mount_point(path: str | Path, at: int | None = None) -> bool:
    """Return whether the file is mounted by itself, as `docker run -v ./auth.json:/…/auth.json` does it.

    `at` is the open folder of the file, or None for a whole path. A system that does not list its mounts says no.

    Raises:
        OSError: the file or its folder cannot be opened.
    """
    whole = os.fspath(path)
    around = _mount_id(os.path.dirname(whole) or ".", at, os.O_DIRECTORY)  # noqa: PTH120 -- a name in an open folder
    return _mount_id(whole, at, os.O_NOFOLLOW) != around


def has_modes(path: str | Path) -> bool:
    """Return whether the file's file system keeps modes; a system that does not list its mounts says yes."""
    try:
        number = _mount_id(os.fspath(path), None, os.O_NOFOLLOW)
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return True
    kinds = {line.split(b" ", 1)[0]: line.partition(b" - ")[2].split(b" ", 1)[0] for line in lines}
    return kinds.get(number) not in _WITHOUT_MODES


def _mount_id(path: str, at: int | None, flags: int) -> bytes:
    """Return the kernel's number of the mount, or nothing if the kernel does not tell."""
    descriptor = os.open(path, _LOOK | flags, dir_fd=at)
    try:
        lines = Path(f"/proc/self/fdinfo/{descriptor}").read_bytes().splitlines()
    except OSError:
        return b""
    finally:
        os.close(descriptor)
    return next((line.split()[1] for line in lines if line.startswith(b"mnt_id:")), b"")
