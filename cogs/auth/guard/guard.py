"""The guard: every request of a person passes it, as a command, a button, a form, a direct message or a suggestion."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import discord

from openab_auth.cogs.auth.guard.access import Access, Caller
from openab_auth.cogs.auth.guard.access_requests import AccessRequests
from openab_auth.cogs.auth.guard.admission import Admission
from openab_auth.cogs.auth.guard.audit import Audit, AuditLine, Event
from openab_auth.cogs.auth.guard.deliveries import Deliveries
from openab_auth.cogs.auth.guard.open_work import OpenWork
from openab_auth.cogs.auth.guard.rate_limit import RateLimit
from openab_auth.cogs.auth.guard.watched_steps import WatchedStep
from openab_auth.cogs.auth.observer import CogObserver, NoObserver
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage.entries import UserId

Request: TypeAlias = Literal[
    "login",
    "complete",
    "cancel",
    "status",
    "ask_logout",
    "logout",
    "mcp_add",
    "mcp_remove",
    "use",
    "ask_end_person",
    "end_person",
    "read",
]
AccessAnswer: TypeAlias = Literal["access-there", "access-asked", "access-asked-before", "access-not-asked"]
NameLine: TypeAlias = Callable[[AuditLine], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Rule:
    """The rule by which the guard treats one kind of request.

    `event` is the name of the request in the audit log; a request without an event gets no line. `counted` says which
    attempts count for the rate limit. With `refusals_only`, only a refusal becomes a line in the audit log. With
    `for_operators`, listed operators may do it with the own account of another person.
    """

    event: Event | None
    counted: Literal["all", "refused", "none"]
    refusals_only: bool = False
    for_operators: bool = False


_RULES: Final[Mapping[Request, _Rule]] = {
    "login": _Rule("login", counted="all"),
    "complete": _Rule("complete", counted="all"),
    "mcp_add": _Rule("mcp_add", counted="all"),
    "mcp_remove": _Rule("mcp_remove", counted="all"),
    "use": _Rule("use", counted="all"),
    "cancel": _Rule("cancel", counted="refused"),
    "logout": _Rule("logout", counted="refused", for_operators=True),
    "ask_logout": _Rule("logout", counted="refused", refusals_only=True, for_operators=True),
    "status": _Rule("status", counted="refused", refusals_only=True, for_operators=True),
    "end_person": _Rule("end_person", counted="refused", for_operators=True),
    "ask_end_person": _Rule("end_person", counted="refused", refusals_only=True, for_operators=True),
    # Names for autocompletion and for the help, which Discord asks for at every key: no attempt, and no audit line.
    "read": _Rule(None, counted="none"),
}


class Guard:
    """Counts attempts, writes the audit log and checks access, in one place and in one order.

    The `observer` is told about each step of a login.
    """

    def __init__(
        self,
        access: Access,
        audit: Audit,
        attempts: RateLimit,
        clock: Callable[[], float],
        observer: CogObserver | None = None,
    ) -> None:
        self.observer = observer or NoObserver()
        self.access = access
        self.audit = audit
        self.admission = Admission(access)
        self._attempts = attempts
        self._access_requests = AccessRequests(clock)
        self._deliveries = Deliveries()
        self._open = OpenWork()

    @asynccontextmanager
    async def request(
        self, caller: Caller, request: Request, name_line: NameLine | None = None
    ) -> AsyncIterator[AuditLine]:
        """Count the attempt, open the audit line and check access, in this order; then run the block.

        `name_line` names the login in the line, so that the line of a refused request names it, too, and so that nobody
        asks for another person's own account.

        Raises:
            TooManyAttemptsError: this person has tried too often; no line is written, so nobody can fill the log.
            AccessDeniedError: this person may not use /auth, or the line names another person's own account.
        """
        rule = _RULES[request]
        with WatchedStep(self.observer, request) as step:
            if rule.counted == "all" or (rule.counted == "refused" and not self.access.allows(caller)):
                self._attempts.count(caller.user)
            async with self._line(rule, caller) as line:
                step.line = line
                if name_line is not None:
                    await name_line(line)
                self.access.check(caller)
                self.access.check_account(caller, line.person, for_operators=rule.for_operators)
                yield line

    async def record_end(self, vendor: Vendor, user: UserId, error: BaseException | None) -> None:
        """Record a login that ended without a paste; `error` is None if it was stored."""
        self.observer.login_step("finish", vendor.name, error)
        await self.audit.record_end(vendor, user, error)

    async def ask_access(self, stranger: Caller, tell: Callable[[int], Awaitable[bool]]) -> AccessAnswer:
        """Tell the operators that a person asks for access; `tell` writes to their channel, whose id it gets.

        Raises:
            TooManyAttemptsError: this person has tried too often.
            AccessDeniedError: this person is a bot, or there is no such channel.
        """
        if self.access.allows(stranger):
            return "access-there"
        self._attempts.count(stranger.user)
        channel = self.access.operators_channel
        if channel is None or stranger.is_bot:
            self.access.check(stranger)
            return "access-there"
        if not self._access_requests.take(stranger.user):
            return "access-asked-before"
        if not await tell(channel):
            self._access_requests.forget(stranger.user)
            return "access-not-asked"
        await self.audit.record("ask_access", stranger.user, "ok")
        return "access-asked"

    def _line(self, rule: _Rule, caller: Caller) -> AbstractAsyncContextManager[AuditLine]:
        if rule.event is None:
            return nullcontext(AuditLine())
        return self.audit.step(rule.event, caller, refusals_only=rule.refusals_only)

    def takes(self, delivered: discord.Interaction | discord.Message) -> bool:
        """Return False if Discord has delivered this before."""
        return self._deliveries.take(delivered)

    def hears(self, caller: Caller) -> bool:
        """Return whether to read a direct message of this person: not after too many refusals."""
        return self.access.allows(caller) or not self._attempts.is_reached(caller.user)

    def begin_work(self) -> None:
        """Register the current task as somebody's request; `answered` waits for it.

        Raises:
            ClosingError: the bot is stopping and takes no new requests.
        """
        self._open.begin()

    def stop_taking(self) -> None:
        """Take no new requests."""
        self._open.close()

    async def answered(self) -> None:
        """Wait until every request has its answer."""
        await self._open.wait_until_done()
