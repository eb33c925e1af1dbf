"""By when a refresh is over: the wait for its lock, the requests and the commit share the time that others wait for."""

from __future__ import annotations

import asyncio
from typing import Final

LAST_TRY: Final = 0.45  # of it: who gets the lock later has no time left to prepare and send a request
LAST_REQUEST: Final = 0.5  # of it: the answer to what is sent later might come too late to be stored
_LEAST_FOR_DISK: Final = 1.0  # seconds that the store is given even when the end is near


class Deadline:
    """`seconds` from the moment in which it was made; with `hurry` nothing is waited for, nor begun, any longer."""

    def __init__(self, seconds: float, hurry: asyncio.Event) -> None:
        self.seconds = seconds
        self.hurry = hurry
        self._clock = asyncio.get_running_loop().time
        self._begun = self._clock()

    def used(self) -> float:
        """Seconds that have passed, for people to read."""
        return round(self.seconds - self.left(), 1)

    def left(self, share: float = 1.0) -> float:
        """Seconds until this share of it has passed; negative when it has."""
        return self._begun + self.seconds * share - self._clock()

    def allows(self, share: float) -> bool:
        """Whether that may be begun for which this share of it is the last moment."""
        return self.left(share) >= 0 and not self.hurry.is_set()

    def for_disk(self) -> asyncio.Timeout:
        """Bounds what is written after an answer; the store goes on with what it was asked for.

        Raises:
            TimeoutError: it takes too long.
        """
        return asyncio.timeout(max(self.left(), _LEAST_FOR_DISK))
