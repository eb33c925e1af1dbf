"""The logins of this process that wait for an approval or a program: the only registry of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.errors import NoPendingLoginError
from openab_auth.oauth.flows import Conversation, LoginResult
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError

RecordEnd: TypeAlias = Callable[[Vendor, UserId, BaseException | None], Awaitable[None]]
_KEPT: Final = 60.0  # seconds for which the result of an ended login is kept for a view that subscribes late
_log: Final = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _WaitingLogin:
    """The task that works on one login, and the task that records its end."""

    vendor: Vendor
    login: PendingLogin
    work: asyncio.Task[LoginResult]
    conversation: Conversation | None
    end: asyncio.Task[LoginResult | None] | None = None


class WaitingLogins:
    """Owns the task of each login, its result, and the audit line of its end.

    `record` writes the audit line; its last argument is the error, or None for a login that was stored. A login that
    was cancelled, or that another process stored, gets no line here.
    """

    def __init__(self, record: RecordEnd | None = None) -> None:
        self._record = record
        self._logins: dict[tuple[str, UserId], _WaitingLogin] = {}
        self._ends: set[asyncio.Task[LoginResult | None]] = set()  # also of logins that were replaced or cancelled
        self.closing = False
        """True if this process stops."""

    def start(
        self,
        vendor: Vendor,
        login: PendingLogin,
        work: Coroutine[Any, Any, LoginResult],
        conversation: Conversation | None = None,
    ) -> asyncio.Task[LoginResult]:
        """Run `work` until the login ends; an earlier login of this person at this vendor is ended."""
        key = (login.vendor, login.user)
        if former := self._logins.get(key):
            former.work.cancel()
        task = asyncio.create_task(work, name=f"login to {vendor.name}")
        self._logins[key] = _WaitingLogin(vendor, login, task, conversation)
        return task

    def has(self, login: PendingLogin) -> bool:
        """Return whether this process waits for this login already."""
        waiting = self._logins.get((login.vendor, login.user))
        return waiting is not None and waiting.login.generation == login.generation

    def expect_end(self, vendor: str, user: UserId) -> None:
        """Record the end of this login from now on: the person has seen its offer."""
        waiting = self._logins.get((vendor, user))
        if waiting is not None and waiting.end is None:
            waiting.end = asyncio.create_task(self._end(waiting), name=f"end of the login to {vendor}")
            self._ends.add(waiting.end)
            waiting.end.add_done_callback(lambda _end: self._ended(waiting))

    async def outcome(self, vendor: str, user: UserId) -> LoginResult | None:
        """Wait until a login ends; return None if this process stops first.

        Any number of views may wait for the same login; a cancelled view does not end the login.

        Raises:
            NoPendingLoginError: the login was cancelled or replaced, or this process does not wait for it.
            OpenabAuthError: the reason why there is no login.
        """
        self.expect_end(vendor, user)
        waiting = self._logins.get((vendor, user))
        if waiting is None or waiting.end is None:
            raise NoPendingLoginError(vendor)
        try:
            return await asyncio.shield(waiting.end)
        finally:
            if waiting.end.done():
                self._forget(waiting)

    def in_memory(self, user: UserId | None = None) -> list[PendingLogin]:
        """Return the running logins that are not in the store, of one person or of everybody."""
        return [
            waiting.login
            for waiting in self._logins.values()
            if waiting.conversation is not None and user in {None, waiting.login.user} and not waiting.work.done()
        ]

    def conversation(self, vendor: str, user: UserId) -> Conversation:
        """Return the program that makes this login.

        Raises:
            NoPendingLoginError: no program runs for it.
        """
        waiting = self._logins.get((vendor, user))
        if waiting is None or waiting.conversation is None:
            raise NoPendingLoginError(vendor)
        return waiting.conversation

    async def cancel(self, vendor: str, user: UserId, generation: str | None = None) -> bool:
        """End a login, and wait until its work has ended; False if there is no such login.

        With a `generation`, only that login is ended; a login that began later goes on.
        """
        waiting = self._logins.get((vendor, user))
        if waiting is None or generation not in {None, waiting.login.generation}:
            return False
        self._forget(waiting)
        waiting.work.cancel()
        await asyncio.wait((waiting.work,))
        return True

    async def aclose(self) -> None:
        """Stop waiting, and finish the audit lines; pending logins in the store wait for the next start."""
        self.closing = True
        tasks = [waiting.work for waiting in self._logins.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._ends, return_exceptions=True)
        self._logins.clear()

    async def _end(self, waiting: _WaitingLogin) -> LoginResult | None:
        """Wait for the work, record how it ended, and return the result."""
        await asyncio.wait((waiting.work,))
        if waiting.work.cancelled():
            if self.closing:
                return None
            raise NoPendingLoginError(waiting.vendor.name)
        error = waiting.work.exception()
        cancelled = isinstance(error, NoPendingLoginError)  # the request that cancelled it has recorded that
        if not cancelled and (error is not None or not waiting.work.result().elsewhere):
            await self._write_record(waiting, error)
        return waiting.work.result()

    async def _write_record(self, waiting: _WaitingLogin, error: BaseException | None) -> None:
        if isinstance(error, OpenabAuthError):
            _log.info("a login that needed no paste has ended: %s", error)
        if self._record is not None:
            await self._record(waiting.vendor, waiting.login.user, error)

    def _ended(self, waiting: _WaitingLogin) -> None:
        """Keep the result for a view that subscribes late, and forget it after a while."""
        if waiting.end is not None:
            self._ends.discard(waiting.end)
            if not waiting.end.cancelled():
                waiting.end.exception()  # read, so that asyncio does not report it: perhaps nobody subscribes
        asyncio.get_running_loop().call_later(_KEPT, self._forget, waiting)

    def _forget(self, waiting: _WaitingLogin) -> None:
        key = (waiting.login.vendor, waiting.login.user)
        if self._logins.get(key) is waiting:
            del self._logins[key]
