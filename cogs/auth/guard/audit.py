"""The audit log: one JSON object a line for each login, logout, refusal and added server. It holds no secrets."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

import aiofiles

from openab_auth.cogs.auth.guard.audit_quota import AuditQuota
from openab_auth.cogs.auth.guard.errors import AccessDeniedError
from openab_auth.oauth.errors import PasteRefusedError
from openab_auth.oauth.vendors import Vendor
from openab_auth.oauth.vendors.account_labels import person_of
from openab_auth.storage.disk import ownership
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError
from openab_auth.storage.worker_thread import in_thread, own_threads

Event: TypeAlias = Literal[
    "login",
    "complete",
    "cancel",
    "status",
    "logout",
    "died",
    "mcp_add",
    "mcp_remove",
    "ask_access",
    "use",
    "end_person",
    "left",
]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndedNames:
    """The keys of a person's logins that have ended, and the vendors of the pending logins."""

    person: UserId
    logins: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


@dataclass(slots=True)
class AuditLine:
    """Collects the fields of one audit line while its request runs. A `silent` line is not written.

    `person` is the person whose own account the request is about, if it is about one. `ended` are the logins of this
    person that an operator has ended; they are written together with the person.
    """

    vendor: str | None = None
    tenant: str | None = None
    silent: bool = False
    person: UserId | None = None
    ended: EndedNames | None = None

    def name(self, vendor: Vendor | None) -> None:
        """Name the vendor of the request; None leaves the line as it is."""
        if vendor is not None:
            self.vendor, self.tenant, self.person = vendor.name, vendor.tenant, person_of(vendor.label)


class Audit:
    """Appends to one file of mode 0600. A line that cannot be written goes to the log; it stops no login."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path.absolute()
        self._clock = clock
        self._turn = asyncio.Lock()
        self._quota = AuditQuota(clock)

    @asynccontextmanager
    async def step(self, event: Event, user: UserId, *, refusals_only: bool = False) -> AsyncIterator[AuditLine]:
        """Write a line when the block ends, however it ends. The block names its vendor in the line.

        With `refusals_only`, the line is written only if the person was refused.
        """
        line = AuditLine()
        outcome = "failed"
        try:
            yield line
            outcome = "ok"
        except OpenabAuthError as error:
            outcome = _outcome_of(error)
            raise
        finally:
            if not (line.silent or (refusals_only and outcome != AccessDeniedError.code)):
                await self.record(event, user, outcome, vendor=line.vendor, tenant=line.tenant, ended=line.ended)

    async def record(  # noqa: PLR0913 - the fields of a line
        self,
        event: Event,
        user: UserId,
        outcome: str,
        *,
        vendor: str | None = None,
        tenant: str | None = None,
        ended: EndedNames | None = None,
    ) -> None:
        """Write one line. `vendor`, `tenant` and `ended` are names that the bot knows, never a text that people typed.

        Lines about requests that changed nothing are limited per person and in total; a separate line counts the rest.
        Lines about changes are always written.
        """
        await self.tell_left_out()
        if not (_was_done(event, outcome) or self._quota.admit(user)):
            return
        about: dict[str, object] = {"user": str(user), "vendor": vendor, "tenant": tenant, "outcome": outcome}
        if ended is not None:
            about |= {"person": str(ended.person), "logins": ended.logins, "pending": ended.pending}
        await self._write({"event": event, **about}, f"{event} by {user}: {outcome}")

    async def record_end(self, vendor: Vendor, user: UserId, error: BaseException | None) -> None:
        """Write a line about a login that ended without a paste; `error` is None if it was stored."""
        outcome = "ok" if error is None else _outcome_of(error)
        await self.record("complete", user, outcome, vendor=vendor.name, tenant=vendor.tenant)

    async def tell_left_out(self, *, now: bool = False) -> None:
        """Write how many lines were left out when their minute is over, or at once with `now`."""
        if found := self._quota.left_out(now=now):
            people = {str(user): count for user, count in found.people.items()}
            about = {"user": None, "vendor": None, "tenant": None, "outcome": "left_out"}
            line = {"event": "left_out", **about, "count": found.count, "people": people}
            await self._write(line, f"{found.count} lines left out")

    async def _write(self, about: Mapping[str, object], short: str) -> None:
        try:
            time = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"time": time, **about}) + "\n"
            async with self._turn:
                await in_thread(ownership.make_folder, str(self._path.parent))
                await self._append(line)
        except Exception as error:  # noqa: BLE001 - the work of the line is done, or has its own error
            reason = error.strerror if isinstance(error, OSError) else type(error).__name__
            _log.error("the audit log could not be written (%s): %s", reason, short)

    async def _append(self, line: str) -> None:
        """Append a line; where no thread can be started, write it in this thread, at worst a second time."""
        threads = own_threads(asyncio.get_running_loop())
        try:
            async with aiofiles.open(self._path, "a", encoding="utf-8", opener=_private, executor=threads) as file:
                await file.write(line)
        except RuntimeError:
            with open(self._path, "a", encoding="utf-8", opener=_private) as here:  # noqa: ASYNC230
                here.write(line)


def _outcome_of(error: BaseException) -> str:
    if isinstance(error, PasteRefusedError):
        return f"{error.code}:{error.reason}"
    return error.code if isinstance(error, OpenabAuthError) else "failed"


def _was_done(event: Event, outcome: str) -> bool:
    """Return whether the line reports a change or a lost credential."""
    return outcome in {"ok", "login_not_stored", "login_overtaken"} or event in {"died", "left"}


def _private(path: str, flags: int) -> int:
    return ownership.open_file(path, flags | os.O_NONBLOCK)  # a FIFO blocks nobody
