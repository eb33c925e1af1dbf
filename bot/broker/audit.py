"""The audit lines of the broker: who got which token, at most one line for each client, login and minute."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.storage.file import ownership
from openab_auth.storage.worker_thread import in_thread

if TYPE_CHECKING:
    from openab_auth.storage import Tenant, ThreadId

_MINUTE: Final = 60.0  # seconds
_MOST: Final = 1000  # pairs of client and login; then those are forgotten that may have a line again
_log: Final = logging.getLogger(__name__)


class TokenAudit:
    """Appends to one file of mode 0600, which the bot may share; `clock` gives unix seconds.

    A line that cannot be written goes to the log. It stops no agent.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._told: dict[tuple[str, Tenant], float] = {}

    async def record(self, client: str, login: Tenant, thread: ThreadId | None) -> None:
        """Write that a client got a token of a login."""
        now = self._clock()
        if (client, login) in self._told and 0 <= now - self._told[client, login] < _MINUTE:
            return
        if len(self._told) > _MOST:
            self._told = {one: at for one, at in self._told.items() if 0 <= now - at < _MINUTE}
        self._told[client, login] = now
        time = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
        shown = None if thread is None else str(thread)
        line = {"time": time, "event": "token", "client": client, "login": login, "thread": shown}
        try:
            await in_thread(self._append, json.dumps(line) + "\n")
        except Exception as error:  # noqa: BLE001 - the token is valid all the same
            reason = error.strerror if isinstance(error, OSError) else type(error).__name__
            _log.error("the audit log could not be written (%s): %s got a token of %s", reason, client, login)

    def _append(self, line: str) -> None:
        ownership.make_folder(str(self._path.parent))
        with open(self._path, "a", encoding="utf-8", opener=_private) as file:
            file.write(line)


def _private(path: str, flags: int) -> int:
    return ownership.open_file(path, flags | os.O_NONBLOCK)  # a FIFO blocks nobody
