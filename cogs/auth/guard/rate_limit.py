"""Limits how often one person may try in a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError

LIMIT: Final = 10
WINDOW: Final = 60.0  # seconds
_MOST: Final = 10_000  # people


class TooManyAttemptsError(OpenabAuthError):
    """This person has tried too often. `retry_after` is in seconds."""

    code = "too_many_attempts"

    def __init__(self, limit: int, retry_after: float) -> None:
        super().__init__(
            f"you have tried {limit} times within a minute",
            kept="nothing was changed",
            todo=f"wait {max(1, round(retry_after))} s, then try again",
        )
        self.limit = limit
        self.retry_after = retry_after


class RateLimit:
    """A sliding window for each person, in memory. People without a recent attempt take no memory.

    It remembers at most `_MOST` people and forgets the person whose last attempt is the oldest.
    """

    def __init__(self, clock: Callable[[], float], *, limit: int = LIMIT, window: float = WINDOW) -> None:
        self._clock = clock
        self._limit = limit
        self._window = window
        self._times: dict[UserId, deque[float]] = {}

    def count(self, user: UserId) -> None:
        """Count one attempt.

        Raises:
            TooManyAttemptsError: the window is full. This attempt is not counted.
        """
        now = self._clock()
        self._forget(now)
        times = self._recent(user, now)
        if len(times) >= self._limit:
            raise TooManyAttemptsError(self._limit, times[0] + self._window - now)
        times.append(now)
        self._times.pop(user, None)
        self._times[user] = times  # at the end, so that the oldest attempt is first
        if len(self._times) > _MOST:
            del self._times[next(iter(self._times))]

    def forget(self, user: UserId) -> None:
        """Forget the attempts of this person."""
        self._times.pop(user, None)

    def is_reached(self, user: UserId) -> bool:
        """Return whether the next attempt would be refused, without counting one."""
        return len(self._recent(user, self._clock())) >= self._limit

    def _recent(self, user: UserId, now: float) -> deque[float]:
        times = self._times.get(user, deque())
        while times and not self._counts(times[0], now):
            times.popleft()
        return times

    def _forget(self, now: float) -> None:
        """Drop people at the front whose last attempt is too old, without looking at everybody."""
        while self._times:
            user, times = next(iter(self._times.items()))
            if times and self._counts(times[-1], now):
                return
            del self._times[user]

    def _counts(self, time: float, now: float) -> bool:
        return 0 <= now - time < self._window  # a clock that was set back locks nobody out
