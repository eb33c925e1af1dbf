"""Finds interactions that Discord delivers twice, for example after a resumed connection."""

from __future__ import annotations

from typing import Final

import discord

_MOST: Final = 10_000  # interactions remembered; Discord repeats one within seconds


class Deliveries:
    """Remembers the ids of interactions, in memory only."""

    def __init__(self) -> None:
        self._taken: dict[int, None] = {}

    def take(self, interaction: discord.Interaction) -> bool:
        """Return whether this interaction comes for the first time."""
        if interaction.id in self._taken:
            return False
        self._taken[interaction.id] = None
        if len(self._taken) > _MOST:
            del self._taken[next(iter(self._taken))]
        return True
