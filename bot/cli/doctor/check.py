"""The result of one check of `doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check: its name, and a message for the operator; `hint` names the repair if it failed."""

    name: str
    ok: bool
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        head, *more = self.message.splitlines() or [""]
        told = f"{'ok  ' if self.ok else 'FAIL'} {self.name}: {head}{f'; {self.hint}' if self.hint else ''}"
        return "\n".join((told, *more))
