"""The audit log: a JSON object a line for each login, logout, refusal, end of a login and added server; no secret."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

import aiofiles

from oauth.errors import PasteRefusedError
from oauth.vendor import Vendor
from storage import ownership
from storage.entries import UserId
from storage.errors import OpenabAuthError

Event: TypeAlias = Literal["login", "complete", "cancel", "status", "logout", "died", "mcp_add", "mcp_remove"]
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Line:
    """What the line about a step will say; a `silent` one is not written."""

    vendor: str | None = None
    tenant: str | None = None
    silent: bool = False

    def name(self, vendor: Vendor | None) -> None:
        """The step is about this vendor, if that is known."""
        if vendor is not None:
            self.vendor, self.tenant = vendor.name, vendor.tenant


class Audit:
    """Appends to one file of mode 0600; what cannot be written is logged and stops nobody's login."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path.absolute()
        self._clock = clock
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def step(self, event: Event, user: UserId) -> AsyncIterator[Line]:
        """Write a line about the block, whatever becomes of it; the block names what it is about."""
        line = Line()
        outcome = "failed"
        try:
            yield line
            outcome = "ok"
        except PasteRefusedError as error:
            outcome = f"{error.code}:{error.reason}"
            raise
        except OpenabAuthError as error:
            outcome = error.code
            raise
        finally:
            if not line.silent:
                await self.record(event, user, outcome, vendor=line.vendor, tenant=line.tenant)

    async def record(
        self, event: Event, user: UserId, outcome: str, *, vendor: str | None = None, tenant: str | None = None
    ) -> None:
        """Write one line; `vendor` and `tenant` are names of ours, never what a person typed."""
        line = {
            "time": datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "user": str(user),
            "vendor": vendor,
            "tenant": tenant,
            "outcome": outcome,
        }
        try:
            async with self._turn:
                await asyncio.to_thread(ownership.make_folder, str(self._path.parent))
                async with aiofiles.open(self._path, "a", encoding="utf-8", opener=_private) as file:
                    await file.write(json.dumps(line) + "\n")
        except OSError as error:
            _log.warning("the audit log could not be written (%s): %s by %s: %s", error.strerror, event, user, outcome)


def _private(path: str, flags: int) -> int:
    return ownership.open_file(path, flags | os.O_NONBLOCK)  # a FIFO blocks nobody
