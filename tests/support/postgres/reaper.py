"""End every process that works in a folder, then delete the folder, as soon as standard input ends.

Pytest holds the other end of the pipe, so the processes end with pytest even when it is killed. A stopped process ends,
too. `python reaper.py FOLDER` needs no package and does not work in the folder itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_GENTLE: Final = 5.0  # seconds


def processes_in(folder: Path) -> list[int]:
    """Return the processes whose working directory is the folder or is in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "cwd").readlink().is_relative_to(folder):
                    found.append(int(entry.name))
    return found


def end_all(folder: Path) -> None:
    """Kill the processes in the folder and wait until there are none, including those that they fork meanwhile."""
    while running := processes_in(folder):
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)


def end_gently(folder: Path) -> None:
    """Let servers end at once, so that no shared memory of theirs stays; after that kill what is left."""
    for pid in processes_in(folder):
        for number in (signal.SIGQUIT, signal.SIGCONT):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    until = time.monotonic() + _GENTLE
    while processes_in(folder) and time.monotonic() < until:
        time.sleep(0.005)
    end_all(folder)


def unmount_all(folder: Path) -> None:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        place = Path(line.split()[1])
        if place.is_relative_to(folder):
            subprocess.run(["umount", "--lazy", place], check=False)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    sys.stdin.read()
    end_gently(folder)
    unmount_all(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
