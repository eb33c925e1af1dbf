"""Faults to play: what Discord does on a bad day, at the next request of a kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["callback", "followup", "edit", "message", "commands"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad answer; `when="after"` plays it once the request is applied; `cut` closes the connection instead."""

    status: int = 500
    retry_after: float = 0.1
    via: bool = True  # without this header discord.py takes a 429 for a ban
    when: Literal["before", "after"] = "before"
    cut: bool = False


class Faults:
    """Faults waiting for their request."""

    def __init__(self) -> None:
        self._waiting: dict[Kind, list[Fault]] = {}

    def next(self, kind: Kind, *, times: int = 1, **fault: object) -> None:
        """Let the next `times` requests of this kind meet a fault with these fields of `Fault`."""
        self._waiting.setdefault(kind, []).extend([Fault(**fault)] * times)  # type: ignore[arg-type]

    def take(self, kind: Kind) -> Fault | None:
        """The fault for a request of this kind, if one waits."""
        waiting = self._waiting.get(kind)
        return waiting.pop(0) if waiting else None
