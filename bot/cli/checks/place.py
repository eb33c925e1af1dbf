"""Where the store lies: its file system, its folder, and whose the files beside it are."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.cli.checks.check import Check

_MOUNTS: Final = Path("/proc/self/mountinfo")
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")  # a space in a mount point, for one
_OTHERS: Final = 0o077
_OTHERS_WRITE: Final = 0o022
# File systems that may be mounted on several machines and whose flock(2) holds on one of them alone.
_NOT_SHARED: Final = frozenset({"9p", "afs", "cifs", "smb3", "smbfs", "vboxsf", "virtiofs", "fuse"})
_NFS_LOCAL: Final = frozenset({"nolock", "local_lock=flock", "local_lock=all"})  # nfs(5)


@dataclass(frozen=True, slots=True)
class Mount:
    """What a folder lies on: the kernel's name of the file system's type, and its options."""

    kind: str
    options: frozenset[str]

    @property
    def flock_is_shared(self) -> bool:
        """Whether machines that mount the same files see each other's flock(2); true for local disks as well."""
        if self.kind in {"nfs", "nfs4"}:
            return not self.options & _NFS_LOCAL
        if self.kind == "lustre":
            return "flock" in self.options
        return self.kind.partition(".")[0] not in _NOT_SHARED


def look_at_place(path: Path) -> list[Check]:
    """The findings about the place of the store file `path`."""
    return [_look_at_file_system(path.parent), *_look_at_folder(path.parent), *_look_at_files(path)]


def mount_of(folder: Path, mountinfo: str) -> Mount | None:
    """What `folder`, without symbolic links, lies on, by the text of /proc/self/mountinfo (proc_pid_mountinfo(5))."""
    best: tuple[int, Mount] | None = None
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if not dash or len(fields) < 6 or len(rest) < 3:  # noqa: PLR2004 - what the manual page promises
            continue
        point = Path(_ESCAPE.sub(lambda found: chr(int(found[1], 8)), fields[4]))
        mount = Mount(rest[0], frozenset((*fields[5].split(","), *rest[2].split(","))))
        if folder.is_relative_to(point) and (best is None or len(point.parts) >= best[0]):
            best = (len(point.parts), mount)  # of two mounts on one point the later one is on top
    return best[1] if best else None


def _look_at_file_system(folder: Path) -> Check:
    try:
        mount = mount_of(folder.resolve(), _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        mount = None
    if mount is None:
        return Check("file system", ok=True, message="not checked: this system does not say what is mounted where")
    if mount.flock_is_shared:
        return Check("file system", ok=True, message=mount.kind)
    message = f"{mount.kind}: locks on it may hold on one machine alone, so two machines could refresh the same login"
    hint = "keep the store on a local disk; or let the agents of one machine alone use it"
    return Check("file system", ok=False, message=message, hint=hint)


def _look_at_folder(folder: Path) -> Iterator[Check]:
    try:
        found = folder.stat()
    except OSError as error:
        yield Check("store folder", ok=False, message=f"{folder}: {error.strerror}", hint="make it, or mend its rights")
        return
    if found.st_mode & _OTHERS_WRITE:
        message = f"{folder}: other users may put a file of theirs in the store's place"
        yield Check("store folder", ok=False, message=message, hint=f"chmod go-w {folder}")


def _look_at_files(path: Path) -> Iterator[Check]:
    """The files beside the store; of the store file itself `Store.problems` speaks."""
    try:
        owner = path.lstat().st_uid
    except OSError:
        owner = os.geteuid()
    for file in sorted(path.parent.glob(f"{path.name}.*")):
        try:
            found = file.lstat()
        except OSError:
            continue  # a temporary file that is gone by now
        if not stat.S_ISREG(found.st_mode):
            message = f"{file} is no regular file, so the store cannot use it"
            yield Check("store files", ok=False, message=message, hint="move it away")
        elif found.st_uid != owner:
            message = f"{file} belongs to uid {found.st_uid}, the store to uid {owner}"
            yield Check("store files", ok=False, message=message, hint=f"chown {owner} {file}")
        elif found.st_mode & _OTHERS:
            yield Check("store files", ok=False, message=f"{file} is open to other users", hint=f"chmod 600 {file}")
