"""Limits how often people ask the operators for access. In memory: after a restart, everybody may ask again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from openab_auth.cogs.auth.guard.rate_limit import RateLimit
from openab_auth.storage.entries import CONSOLE, UserId

_DAY: Final = 24 * 3600.0  # seconds
_MOST: Final = 50  # messages a day, so that strangers cannot fill the channel


class AccessRequests:
    """Remembers who has asked within a day."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._of_person = RateLimit(clock, limit=1, window=_DAY)
        self._of_all = RateLimit(clock, limit=_MOST, window=_DAY)

    def take(self, user: UserId) -> bool:
        """Count a request, and return whether the operators should get a message about it."""
        if self._of_person.is_reached(user) or self._of_all.is_reached(CONSOLE):
            return False
        self._of_person.count(user)
        self._of_all.count(CONSOLE)
        return True

    def forget(self, user: UserId) -> None:
        """Let this person ask again, because their message did not arrive."""
        self._of_person.forget(user)
