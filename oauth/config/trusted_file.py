"""Read a file that decides where logins go, if only root and this user could have changed it.

The rules are those of ssh for its own files. The file and each folder above it belong to root or to this user, and
nobody else may write to them. Folders above the user's home are not checked, because a person who controls those
folders controls the home. There are two exceptions. A group without other members may write (Debian and Fedora
give each user a group). On a read-only mount the mode does not matter (Kubernetes mounts a ConfigMap with mode 0777).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Final

from openab_auth.oauth.config.paths import home_of
from openab_auth.storage.disk import regular_file

_MOST: Final = 1 << 20  # bytes; a config of a hundred vendors has a tenth of that
_LINKS: Final = 40  # symbolic links that the kernel follows in one path
_ROOT: Final = 0
_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class RefusedFileError(OSError):
    """The file was not read: it is not regular, too large, or other users could have changed it."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EPERM, reason)


def read_trusted_file(path: str | Path, environ: Mapping[str, str], *, largest: int = _MOST) -> bytes:
    """Return the content of the file at `path`, which may have `largest` bytes; a FIFO or a device is never opened.

    Raises:
        RefusedFileError: the file or a folder above it breaks a rule; the reason names the path and the repair.
        OSError: the file cannot be read.
    """
    whole, home = str(Path(path).absolute()), home_of(environ)
    try:
        return _read(whole, home, largest)
    except FileNotFoundError:  # Kubernetes may have replaced the folder of a mounted file between two steps
        return _read(whole, home, largest)


def check_trusted_path(path: str | Path, environ: Mapping[str, str]) -> None:
    """Check a file and the folders above it by the same rules, without reading the file.

    Raises:
        RefusedFileError: the file or a folder above it breaks a rule.
        OSError: there is no such file, or a folder cannot be entered.
    """
    _follow(str(Path(path).absolute()), home_of(environ))


def _read(path: str, home: str | None, largest: int) -> bytes:
    place, found = _follow(path, home)
    if reason := _unfit(found, largest):
        raise RefusedFileError(reason)
    data, opened = regular_file.read(place)
    if reason := _distrust(place, opened):  # the file may have been replaced since
        raise RefusedFileError(reason)
    return data


def _unfit(found: os.stat_result, largest: int) -> str | None:
    """Return why this file is not read, or None."""
    if not stat.S_ISREG(found.st_mode):
        return f"is {_KINDS.get(stat.S_IFMT(found.st_mode), 'something else')}, not a file"
    return f"is larger than {largest} bytes" if found.st_size > largest else None


def _follow(path: str, home: str | None) -> tuple[str, os.stat_result]:
    """Walk along `path` as the kernel does, check each step, and return the resolved path and its status."""
    homes = {home, os.path.realpath(home)} if home else set()
    above = {str(parent) for one in homes for parent in PurePath(one).parents}
    at, steps, links = "/", path.split("/")[::-1], 0
    found = os.lstat(at)
    unless_home = _distrust(at, found)  # counts unless the path goes through the home
    while steps:
        step = steps.pop()
        here = os.path.normpath(os.path.join(at, step))  # noqa: PTH118 - `at` has no link, so `..` is its parent
        if here == at:
            continue
        found = os.lstat(here)
        if here in homes:
            unless_home = None
        if (reason := _distrust(here, found)) and here not in above:
            raise RefusedFileError(reason)
        unless_home = unless_home or reason
        if not stat.S_ISLNK(found.st_mode):
            at = here
            continue
        links += 1
        if links > _LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target = os.readlink(here)  # noqa: PTH115 - a text, to be walked along
        at = "/" if target.startswith("/") else at
        steps += target.split("/")[::-1]
    if unless_home:
        raise RefusedFileError(unless_home)
    return at, found


def _distrust(path: str, found: os.stat_result) -> str | None:
    """Return why other users could have put this file, folder or link there, with the repair, or None."""
    user = os.geteuid()
    if found.st_uid in {_ROOT, user} and not _others_write(path, found):
        return None
    from shlex import quote  # noqa: PLC0415 - only a file that is refused pays for it

    if found.st_uid not in {_ROOT, user}:
        allowed = "root" if user == _ROOT else f"uid {user} or root"
        return (
            f"{quote(path)} belongs to uid {found.st_uid}, who could send logins elsewhere: give it to {allowed} "
            "with chown (for a file that is mounted into a container, on the host)"
        )
    return f"{quote(path)} can be changed by other users: run `chmod go-w {quote(path)}`"


def _others_write(path: str, found: os.stat_result) -> bool:
    """Return whether others may change this file or folder; links have no mode, and other kinds are never read."""
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return False
    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX:
        return False  # like /tmp: others can add files, but not rename or remove those of root and this user
    by_group, by_all = found.st_mode & stat.S_IWGRP, found.st_mode & stat.S_IWOTH
    if not by_all and (not by_group or _is_private(found.st_gid)):
        return False
    return not os.statvfs(path).f_flag & os.ST_RDONLY


def _is_private(group: int) -> bool:
    """Return whether this user is the only member of the group."""
    import grp  # noqa: PLC0415 - few configs belong to a group that may write
    import pwd  # noqa: PLC0415 - as above

    try:
        user, members = pwd.getpwuid(os.geteuid()), grp.getgrgid(group).gr_mem
    except KeyError:
        return False
    if user.pw_gid != group or not set(members) <= {user.pw_name}:
        return False
    return all(one.pw_uid == user.pw_uid for one in pwd.getpwall() if one.pw_gid == group)
