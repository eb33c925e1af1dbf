"""What the store lies on, and whether its locks hold on every machine that may mount it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openab_auth.bot.cli.doctor.check import Check

_MOUNTS: Final = Path("/proc/self/mountinfo")
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")  # a space in a mount point, for one
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


def check_file_system(folder: Path) -> Check:
    """Whether the locks in `folder` hold between machines that may share it."""
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
