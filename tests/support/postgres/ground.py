"""The folder in which servers run for tests. A reaper ends them and deletes the folder, even when pytest is killed."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.patience import PATIENCE

_ROOM: Final = 4 << 30  # bytes; a server takes 25 MB


@dataclass
class Ground:
    """A folder of short paths, because a socket's path must be short, and the processes that work in it."""

    folder: Path
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _places: int = 0

    @classmethod
    @contextmanager
    def in_temporary_folder(cls) -> Iterator[Ground]:
        folder = Path(tempfile.mkdtemp(prefix="openab-pg-", dir=_memory()))
        folder.chmod(0o755)
        ground = cls(give(folder))
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("reaper.py")), str(folder)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, cwd="/", start_new_session=True):
            yield ground
        for process in ground._processes:
            process.wait(PATIENCE)

    def place(self) -> Path:
        """Make a folder for a server, a proxy or certificates."""
        self._places += 1
        place = self.folder / str(self._places)
        place.mkdir()
        return give(place)

    def disk(self, megabytes: int) -> Path:
        """Mount a disk in memory, which the reaper unmounts; skip the test if this is not allowed."""
        place = self.place()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(place)]
        if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
            pytest.skip("only root may mount a small file system, and not in every container")
        return give(place)

    def start(self, command: Sequence[str | Path], place: Path, *, as_root: bool = False) -> subprocess.Popen[bytes]:
        """Start a program as the servers' user; its output goes to the file `log`. The reaper ends it."""
        with (place / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **({} if as_root else account())
            )
        self._processes.append(process)
        return process


def _memory() -> Path | None:
    """Return a folder in memory if it is large; a server has a thousand files, and disks delete them slowly."""
    place = Path("/dev/shm")  # noqa: S108 -- with a folder of its own in it
    if not os.access(place, os.W_OK):
        return None
    found = os.statvfs(place)
    return place if found.f_bavail * found.f_frsize > _ROOM else None


def account() -> dict[str, Any]:
    """Return the user for `subprocess`: neither PostgreSQL nor PgBouncer runs as root."""
    if os.geteuid() != 0:
        return {}
    try:
        found = pwd.getpwnam("postgres")
    except KeyError:
        found = pwd.getpwnam("nobody")
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


def give(path: Path) -> Path:
    """Give a file or folder to the user that the servers run as."""
    if user := account():
        os.chown(path, user["user"], user["group"])
    return path


def wait_until(holds: Callable[[], bool], log: Path) -> None:
    """Wait until the condition holds; fail with the end of the log."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-2000:]
        time.sleep(0.005)
