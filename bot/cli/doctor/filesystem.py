"""Check the store's file system: do its locks hold between all machines that may mount it?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openab_auth.bot.cli.doctor.check import Check

_MOUNTS: Final = Path("/proc/self/mountinfo")
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")  # a space in a mount point, for example
# File systems that several machines may mount, but whose flock(2) holds on one machine only.
_NOT_SHARED: Final = frozenset({"9p", "afs", "cifs", "smb3", "smbfs", "vboxsf", "virtiofs", "fuse"})
_NFS_LOCAL: Final = frozenset({"nolock", "local_lock=flock", "local_lock=all"})  # nfs(5)


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: the kernel's name of its type, and its options."""

    kind: str
    options: frozenset[str]

    @property
    def flock_is_shared(self) -> bool:
        """Return whether machines that mount the same files see each other's flock(2); True for local disks, too."""
        if self.kind in {"nfs", "nfs4"}:
            return not self.options & _NFS_LOCAL
        if self.kind == "lustre":
            return "flock" in self.options
        return self.kind.partition(".")[0] not in _NOT_SHARED


def check_file_system(folder: Path) -> Check:
    """Check whether locks in `folder` hold between the machines that may share it."""
    try:
        mount = mount_of(folder.resolve(), _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        mount = None
    if mount is None:
        return Check("file system", ok=True, message="not checked: this system does not list its mounts")
    if mount.flock_is_shared:
        return Check("file system", ok=True, message=mount.kind)
    message = f"{mount.kind}: locks may hold on one machine only, so two machines could refresh the same login"
    hint = "keep the store on a local disk, or let only the agents of one machine use it"
    return Check("file system", ok=False, message=message, hint=hint)


def mount_of(folder: Path, mountinfo: str) -> Mount | None:
    """Return the mount of `folder` (without symbolic links) from the text of /proc/self/mountinfo (proc(5))."""
    best: tuple[int, Mount] | None = None
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if not dash or len(fields) < 6 or len(rest) < 3:  # noqa: PLR2004 - the numbers of the manual page
            continue
        point = Path(_ESCAPE.sub(lambda found: chr(int(found[1], 8)), fields[4]))
        mount = Mount(rest[0], frozenset((*fields[5].split(","), *rest[2].split(","))))
        if folder.is_relative_to(point) and (best is None or len(point.parts) >= best[0]):
            best = (len(point.parts), mount)  # of two mounts on one point, the later mount is on top
    return best[1] if best else None
