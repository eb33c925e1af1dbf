"""Decide whether a process is ready: every check was well within the last minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE: Final = 60.0  # seconds of trouble before the process is not ready any more
_EVERY: Final = 5.0  # seconds between two looks
_LONGEST_LOOK: Final = 4.0  # seconds
_TOO_SLOW: Final = "it gives no answer in time"


class Trouble(NamedTuple):
    """Hold what is wrong now, and what an operator does about it."""

    message: str
    hint: str


class Check(NamedTuple):
    """A thing that a process needs; `look` returns what is wrong with it, or None. Looking changes nothing."""

    name: str
    look: Callable[[], Awaitable[Trouble | None]]


class CheckReport(NamedTuple):
    """The result of one check; `is_well` is the state of this moment, and `ok` forgives trouble of a minute."""

    name: str
    ok: bool
    is_well: bool
    message: str
    hint: str | None

    def to_json(self) -> dict[str, object]:
        """Return the members that `/readyz` and `openab-auth health` show."""
        return {"name": self.name, "ok": self.ok, "message": self.message, "hint": self.hint}


class Readiness:
    """Looks at the checks every few seconds, so that a probe gets its answer at once.

    A check is ok if it was well in the last `patience` seconds. So one that was never well is not ok, and none is ok if
    nobody looks any more. `clock` is monotonic.
    """

    def __init__(
        self, checks: Sequence[Check], *, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._checks = checks
        self._patience = patience
        self._clock = clock
        self._well_at: dict[str, float] = {}
        self._trouble: dict[str, Trouble] = {}
        self._turn = asyncio.Lock()
        self._looks = 0  # of probes

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look again and again during the block."""
        task = asyncio.create_task(self._watch(), name="readiness")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def look(self) -> None:
        """Look at every check once."""
        await asyncio.gather(*map(self._look_at, self._checks))

    async def current(self) -> tuple[CheckReport, ...]:
        """Return the state of every check; a check that is not ok is looked at again first."""
        if not all(check.ok for check in self.report()):
            seen = self._looks
            async with self._turn:
                if seen == self._looks:  # otherwise another probe has looked meanwhile
                    await self.look()
                    self._looks += 1
        return self.report()

    def report(self) -> tuple[CheckReport, ...]:
        """Return the state of every check."""
        return tuple(self._report(check.name) for check in self._checks)

    async def _watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_EVERY)

    async def _look_at(self, check: Check) -> None:
        begun = self._clock()
        try:
            async with asyncio.timeout(_LONGEST_LOOK):
                trouble = await check.look()
        except TimeoutError:
            trouble = Trouble(_TOO_SLOW, "see whether the disk, the database or the network hangs")
        except Exception as error:  # noqa: BLE001 - a check that fails must not end the others
            trouble = Trouble(f"an unforeseen error ({type(error).__name__})", "read the log")
        if trouble is None:
            self._well_at[check.name] = begun
            self._trouble.pop(check.name, None)
        else:
            self._trouble[check.name] = trouble

    def _report(self, name: str) -> CheckReport:
        well_at, trouble = self._well_at.get(name), self._trouble.get(name)
        if well_at is None:
            message = f"never well so far{f': {trouble.message}' if trouble else ''}"
            return CheckReport(name, ok=False, is_well=False, message=message, hint=trouble and trouble.hint)
        ago = self._clock() - well_at
        if trouble is None and ago <= self._patience:
            return CheckReport(name, ok=True, is_well=True, message="well", hint=None)
        trouble = trouble or Trouble("nobody looks at it any more", "restart the process and keep its log")
        message = f"in trouble for {ago:.0f} s: {trouble.message}"
        return CheckReport(name, ok=ago <= self._patience, is_well=False, message=message, hint=trouble.hint)
