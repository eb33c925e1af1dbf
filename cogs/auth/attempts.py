"""How often one person may try in a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from storage.entries import UserId
from storage.errors import OpenabAuthError

LIMIT: Final = 10
WINDOW: Final = 60.0  # seconds


class TooManyAttemptsError(OpenabAuthError):
    """This person has tried too often; `retry_after` is in seconds."""

    code = "too_many_attempts"

    def __init__(self, limit: int, retry_after: float) -> None:
        super().__init__(
            f"you have tried {limit} times within a minute",
            kept="nothing was changed",
            todo=f"wait {max(1, round(retry_after))} s, then try again",
        )
        self.limit = limit
        self.retry_after = retry_after


class Attempts:
    """A sliding window for each person, in memory; who has not tried within it takes no room."""

    def __init__(self, clock: Callable[[], float], *, limit: int = LIMIT, window: float = WINDOW) -> None:
        self._clock = clock
        self._limit = limit
        self._window = window
        self._times: dict[UserId, deque[float]] = {}

    def spend(self, user: UserId) -> None:
        """Count one attempt.

        Raises:
            TooManyAttemptsError: the window is full; this attempt is not counted.
        """
        now = self._clock()
        self._forget(now)
        times = self._times.setdefault(user, deque())
        if len(times) >= self._limit:
            raise TooManyAttemptsError(self._limit, times[0] + self._window - now)
        times.append(now)

    def _forget(self, now: float) -> None:
        for user, times in list(self._times.items()):
            while times and not 0 <= now - times[0] < self._window:  # a clock that was set back frees, too
                times.popleft()
            if not times:
                del self._times[user]
