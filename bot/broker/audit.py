"""The audit lines of the broker: who got which token, at most one line for each client, login, thread and minute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.audit import AuditLine, AuditLog

if TYPE_CHECKING:
    from openab_auth.storage import Tenant, ThreadId

_MINUTE: Final = 60.0  # seconds
_MOST: Final = 1000  # lines a minute that are remembered; a client with a uid may name any thread


class TokenAudit:
    """Writes to the audit log at `path`, which the bot may share; `clock` gives unix seconds."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._file = AuditLog(path, clock)
        self._clock = clock
        self._told: dict[tuple[str, Tenant, ThreadId | None], float] = {}

    async def record(self, client: str, login: Tenant, thread: ThreadId | None, seconds: float | None = None) -> None:
        """Write that a client got a token of a login; `seconds` is how long that took."""
        now, told = self._clock(), (client, login, thread)
        if told in self._told and 0 <= now - self._told[told] < _MINUTE:
            return
        if len(self._told) >= _MOST:
            self._told = {one: at for one, at in self._told.items() if 0 <= now - at < _MINUTE}
        if len(self._told) >= _MOST:
            del self._told[next(iter(self._told))]  # the oldest; a further line about it is better than none
        self._told[told] = now
        await self._file.write(
            AuditLine("broker", "token", client=client, account=login, thread=thread, seconds=seconds)
        )
