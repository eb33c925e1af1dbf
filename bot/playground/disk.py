"""A full disk for chosen processes: the operating system refuses every byte that they write to a file."""

from __future__ import annotations

import contextlib
import resource
import sys

POSSIBLE = sys.platform == "linux"  # elsewhere the limits of a running process are its own affair


def set_full(pid: int, *, full: bool) -> None:
    """Let writes to files fail in the process `pid` (0: this one) and in those it starts, or let them work again.

    `RLIMIT_FSIZE` at 0 needs no rights and stops even root. Python ignores the signal that comes with it, so a write
    fails with EFBIG, where a full disk gives ENOSPC; pipes and sockets go on working.
    """
    if sys.platform == "linux":
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if full else hard, hard))
