"""Limits how many lines people can add to the audit log with requests that change nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from openab_auth.storage.entries import UserId

PER_PERSON: Final = 15  # lines a minute
IN_TOTAL: Final = 200
_WINDOW: Final = 60.0  # seconds
_MOST_NAMED: Final = 20  # people in the line that counts what was left out


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The lines that were left out within a minute: their number, and the people who caused the most."""

    count: int
    people: Mapping[UserId, int]


class AuditQuota:
    """Counts lines a minute, in memory. It never remembers more people than lines."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self._written: Counter[UserId] = Counter()
        self._left_out: Counter[UserId] = Counter()
        self._count = 0

    def admit(self, user: UserId) -> bool:
        """Return whether to write one more line about this person. If not, count it as left out."""
        if self._is_over():
            self._since = self._clock()
            self._written.clear()
        if self._written.get(user, 0) < PER_PERSON and self._written.total() < IN_TOTAL:
            self._written[user] += 1
            return True
        self._count += 1
        if user in self._left_out or len(self._left_out) < IN_TOTAL:
            self._left_out[user] += 1
        return False

    def left_out(self, *, now: bool = False) -> LeftOut | None:
        """Return the lines left out since the last call, once their minute is over; with `now`, return them at once."""
        if not self._count or not (now or self._is_over()):
            return None
        found = LeftOut(self._count, dict(self._left_out.most_common(_MOST_NAMED)))
        self._count = 0
        self._left_out.clear()
        return found

    def _is_over(self) -> bool:
        return not 0 <= self._clock() - self._since < _WINDOW  # a clock that was set back starts a new minute
