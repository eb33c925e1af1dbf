"""Finds interactions and direct messages that Discord delivers twice, for example after a resumed connection."""

from __future__ import annotations

from typing import Final

import discord

_MOST: Final = 10_000  # remembered; Discord repeats one within seconds


class Deliveries:
    """Remembers ids, in memory only; Discord gives no two interactions or messages the same id."""

    def __init__(self) -> None:
        self._taken: dict[int, None] = {}

    def take(self, delivered: discord.Interaction | discord.Message) -> bool:
        """Return whether Discord delivers this id for the first time."""
        if delivered.id in self._taken:
            return False
        self._taken[delivered.id] = None
        if len(self._taken) > _MOST:
            del self._taken[next(iter(self._taken))]
        return True
