"""The lines of the audit log about people in Discord: each login, logout, refusal and added server."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from openab_auth.cogs.auth.guard.access import Caller
from openab_auth.cogs.auth.guard.audit_quota import AuditQuota
from openab_auth.cogs.auth.guard.errors import AccessDeniedError
from openab_auth.cogs.auth.guard.incidents import has_incident, incident_of
from openab_auth.oauth.audit import OK, AuditLog, outcome_of
from openab_auth.oauth.audit import AuditLine as WrittenLine
from openab_auth.oauth.vendors import Vendor
from openab_auth.oauth.vendors.account_labels import person_of
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError, StorageError

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
_DONE: Final = frozenset({OK, "login_not_stored", "login_overtaken"})


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
    """Writes to the audit log at `path`; `clock` gives unix seconds, and `timer` seconds for durations."""

    def __init__(self, path: Path, clock: Callable[[], float], timer: Callable[[], float] = time.monotonic) -> None:
        self._file = AuditLog(path, clock)
        self._timer = timer
        self._quota = AuditQuota(clock)

    @asynccontextmanager
    async def step(self, event: Event, caller: Caller, *, refusals_only: bool = False) -> AsyncIterator[AuditLine]:
        """Write a line when the block ends, however it ends. The block names its vendor in the line.

        With `refusals_only`, the line is written only if the person was refused, or the machine has failed.
        """
        line, begun = AuditLine(), self._timer()
        failure: BaseException | None = None
        try:
            yield line
        except BaseException as error:
            failure = error
            raise
        finally:
            if not (line.silent or (refusals_only and not _is_refusal_or_fault(failure))):
                await self._record(
                    WrittenLine(
                        via="discord",
                        event=event,
                        user=caller.user,
                        guild=caller.guild,
                        channel=caller.channel,
                        thread=caller.thread,
                        vendor=line.vendor,
                        account=line.tenant,
                        seconds=self._timer() - begun,
                    ),
                    failure,
                    line.ended,
                )

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
        line = WrittenLine(via="discord", event=event, user=user, vendor=vendor, account=tenant, outcome=outcome)
        await self._record(line, None, ended)

    async def record_end(self, vendor: Vendor, user: UserId, error: BaseException | None) -> None:
        """Write a line about a login that ended without a paste; `error` is None if it was stored."""
        line = WrittenLine(via="discord", event="complete", user=user, vendor=vendor.name, account=vendor.tenant)
        await self._record(line, error, None)

    async def tell_left_out(self, *, now: bool = False) -> None:
        """Write how many lines were left out when their minute is over, or at once with `now`."""
        if found := self._quota.left_out(now=now):
            people = {str(user): count for user, count in found.people.items()}
            line = WrittenLine(via="discord", event="left_out", outcome="left_out", count=found.count, people=people)
            await self._file.write(line)

    async def _record(self, line: WrittenLine, failure: BaseException | None, ended: EndedNames | None) -> None:
        if failure is not None:
            line.outcome = outcome_of(failure)
            line.incident = incident_of(failure) if has_incident(failure) else None
        if ended is not None:
            line.person, line.logins, line.pending = ended.person, ended.logins, ended.pending
        await self.tell_left_out()
        was_done = line.outcome in _DONE or line.event in {"died", "left"}
        if was_done or line.user is None or self._quota.admit(line.user):
            await self._file.write(line)


def _is_refusal_or_fault(failure: BaseException | None) -> bool:
    """Return whether a person was refused, or was given an incident id for a fault of the machine."""
    if isinstance(failure, OpenabAuthError):
        return failure.code == AccessDeniedError.code or isinstance(failure, StorageError)
    return isinstance(failure, Exception)
