"""One thing that `doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and what was seen; `hint` is the repair when it is not well."""

    name: str
    ok: bool
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'} {self.name}: {self.message}{f'; {self.hint}' if self.hint else ''}"
