"""Explain errors of the operating system: their meaning for the store, and the operator's repair.

The numbers are those of errno(3); rename(2), flock(2), chmod(2) and open(2) say when they occur. Messages in other
languages choose their sentence by the `name` of the fault.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class FileFault:
    """One kind of failure: its name, its meaning beside the system's own words, and its repair."""

    name: str
    meaning: str
    repair: str


MOUNTED_ALONE: Final = FileFault(
    "mounted-alone",
    "it is mounted by itself, and a mounted file cannot be replaced",
    "mount the folder, not the file: put the file into a folder of its own, mount that, and start again",
)
NO_LOCKS: Final = FileFault(
    "no-locks",
    "its file system has no locks, so two processes could use one refresh token",
    "move the store to a file system with flock(2), a local disk for example; NFS must be mounted without `nolock`, "
    "and its server must run a lock service",
)
NO_MODES: Final = FileFault(
    "no-modes",
    "its file system keeps no modes, so other users could read the logins",
    "move the store to a file system with modes, such as ext4; or mount it for its owner alone, with umask=077 (FAT) "
    "or with file_mode=0600,dir_mode=0700 (SMB)",
)
_PROTECTED: Final = FileFault(
    "protected",
    "",
    "look at the file and its folder with `lsattr -d`, and remove `i` and `a` with `chattr -i -a`; without either, "
    "run this as the owner of the file, or let its security module allow it",
)
_NO_RIGHTS: Final = FileFault("no-rights", "", "correct the permissions of the file and its folder, then try again")
_DISK_FULL: Final = FileFault(
    "disk-full", "", "free disk space (`df -h`) or inodes (`df -i`) where the file is, then try again"
)
_QUOTA_FULL: Final = FileFault(
    "quota-full",
    "the disk may have space, but this user's share is used up",
    "delete files of this user, or raise the quota (`quota` shows it), then try again",
)
_READ_ONLY: Final = FileFault(
    "read-only",
    "",
    "mount it writable (in a container: without `:ro`), or choose another place for the store; if a disk error made it "
    "read-only, `dmesg` says so",
)
_STALE: Final = FileFault(
    "stale",
    "the file server has lost this folder, or cannot be reached",
    "mount its file system again when the server answers, then restart this program",
)
_TOO_MANY_FILES: Final = FileFault(
    "too-many-files",
    "",
    "raise the limit of open files (`ulimit -n`, or LimitNOFILE= of the service), then start again",
)
_NAME_TOO_LONG: Final = FileFault(
    "name-too-long", "", "choose a shorter path for the store, or a shorter name for the login"
)
_LINK: Final = FileFault(
    "link", "it is a symbolic link, or its path has a loop of symbolic links", "give the path that the link points to"
)
_NO_FOLDER: Final = FileFault("no-folder", "", "correct the path: a part of it is a file, or is missing")
_NOT_A_FILE: Final = FileFault(
    "not-a-file",
    "",
    "remove it (Docker makes a folder where a mounted file is missing), mount the folder of the store instead of the "
    "file, and start again",
)
_TOO_LARGE: Final = FileFault("too-large", "", "raise the limit on the size of files (`ulimit -f`), then start again")
_DISK_BROKEN: Final = FileFault(
    "disk-broken", "the disk or its server failed", "look at `dmesg`, check the disk, and save a copy of the store"
)
_UNSUPPORTED: Final = FileFault(
    "unsupported",
    "its file system lacks an operation that the store needs",
    "move the store to a local disk, with ext4 for example",
)

_BY_NUMBER: Final = {
    errno.EACCES: _NO_RIGHTS,
    errno.EPERM: _PROTECTED,
    errno.ENOSPC: _DISK_FULL,
    errno.EDQUOT: _QUOTA_FULL,
    errno.EROFS: _READ_ONLY,
    errno.EBUSY: MOUNTED_ALONE,
    errno.ESTALE: _STALE,
    errno.ENOTCONN: _STALE,  # a FUSE server that has ended
    errno.EHOSTDOWN: _STALE,
    errno.ETIMEDOUT: _STALE,
    errno.EMFILE: _TOO_MANY_FILES,
    errno.ENFILE: _TOO_MANY_FILES,
    errno.ENAMETOOLONG: _NAME_TOO_LONG,
    errno.ELOOP: _LINK,
    errno.ENOTDIR: _NO_FOLDER,
    errno.ENOENT: _NO_FOLDER,
    errno.EISDIR: _NOT_A_FILE,
    errno.EFBIG: _TOO_LARGE,
    errno.EIO: _DISK_BROKEN,
    errno.ENOLCK: NO_LOCKS,
    errno.ENOSYS: _UNSUPPORTED,
    errno.EOPNOTSUPP: _UNSUPPORTED,
}
NUMBERS: Final = tuple(_BY_NUMBER)  # the errors that have a fault
_NO_FLOCK: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})


class FaultError(OSError):
    """An error whose fault is known; `fault` is None if nobody knows it."""

    def __init__(self, number: int | None, words: str, fault: FileFault | None) -> None:
        super().__init__(number, words)
        self.fault = fault

    @classmethod
    def of(cls, number: int, fault: FileFault) -> Self:
        """Return an error in the words of the fault."""
        return cls(number, fault.meaning, fault)


def fault_of(error: OSError) -> FileFault | None:
    """Return the fault behind an error, or None if the table does not have it."""
    return error.fault if isinstance(error, FaultError) else _BY_NUMBER.get(error.errno or 0)


def lock_error(error: OSError, about: str = "") -> FaultError:
    """Return an error of a lock file, with `about` after its words; not every file system has flock(2)."""
    fault = NO_LOCKS if error.errno in _NO_FLOCK else fault_of(error)
    return FaultError(error.errno, f"as a lock: {words_for(error, fault)}{about}", fault)


def of_folder(error: OSError) -> FaultError:
    """Return an error of the folder of the store."""
    return FaultError(error.errno, f"its folder: {words_for(error)}", fault_of(error))


def words_for(error: OSError, fault: FileFault | None = None) -> str:
    """Return the system's words for an error, followed by what its fault means."""
    said = error.strerror or type(error).__name__
    if isinstance(error, FaultError):
        return said
    fault = fault or fault_of(error)
    return f"{said}: {fault.meaning}" if fault and fault.meaning else said
