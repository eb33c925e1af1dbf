"""Simulate a full disk for some processes: the operating system refuses all their writes to files."""

from __future__ import annotations

import contextlib
import resource
import sys

POSSIBLE = sys.platform == "linux"  # other systems cannot change the limits of a running process


def set_full(pid: int, *, full: bool) -> None:
    """Make writes to files fail, or work again, in process `pid` (0: this one) and in its future children.

    `RLIMIT_FSIZE` at 0 needs no privilege and also stops root. Python ignores the signal SIGXFSZ, so a write fails with
    EFBIG, where a full disk gives ENOSPC. Pipes and sockets still work.
    """
    if sys.platform == "linux":
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if full else hard, hard))
