"""The duration of one soak, and its random source."""

from __future__ import annotations

import random
import time


class SoakRun:
    """The time and the chances of one soak; `seconds` is the time of all soaks together."""

    def __init__(self, seconds: float, seed: str) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - no secret
        self._seconds = seconds
        self._begun = 0.0
        self._end = 0.0

    def begin(self, share: float) -> None:
        """Start the clock now. Everything that a soak needs is ready by then, however slow the machine is."""
        self._begun = time.monotonic()
        self._end = self._begun + self._seconds * share

    @property
    def runs(self) -> bool:
        """Return whether the share of the time has not passed yet."""
        return time.monotonic() < self._end

    def past(self, part: float) -> bool:
        """Return whether this part of the share has passed."""
        return time.monotonic() >= self._begun + (self._end - self._begun) * part

    def number(self) -> int:
        """Return a seed for another process."""
        return self.chance.randrange(10**6)
