"""The clock for times that must not jump: it counts the sleep of the machine, and nobody can set it."""

from __future__ import annotations

import time
from typing import Final

_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_clock() -> float:
    """Return the seconds since the machine was started; all processes of a host share this clock."""
    return time.clock_gettime(_CLOCK)
