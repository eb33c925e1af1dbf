"""Does the work about the logins that agents ask for: which message is due, and what a press on its button means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, TypeAlias

from openab_auth.cogs.auth.guard import Caller, Guard
from openab_auth.oauth.notices import limits_in
from openab_auth.oauth.requests import (
    LoginRequests,
    OpenRequests,
    claim_message,
    end_request,
    is_answered,
    note_lost_message,
    note_message,
    note_trouble,
)
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads import ThreadRecords
from openab_auth.oauth.vendors.account_labels import base_of, person_in
from openab_auth.storage import REQUESTS, LoginRequest, RequestMessage, SeenThread, Tenant, ThreadId, UserId

Due: TypeAlias = Literal["write", "answered", "over"]
EDIT_PAUSE: Final = 10  # seconds between two edits of one message: an agent may give a new reason every second
_LOOK_AGAIN: Final = 300  # seconds; an agent that asks later is a reason to look whether the message is still there


@dataclass(frozen=True, slots=True)
class DueRequest:
    """A request whose message must be written, or must say that the login is there, or that the request is over.

    `by` is the person who logged in, as far as the store knows. `limited` are other accounts of the vendor that are
    limited now, each with the end of its limit in unix seconds.
    """

    request: LoginRequest
    thread: SeenThread
    due: Due
    by: UserId | None = None
    limited: tuple[tuple[Tenant, int], ...] = ()


class Requests:
    """Reads and changes the requests of one runtime's store."""

    def __init__(self, runtime: Runtime, guard: Guard) -> None:
        self._runtime = runtime
        self._store = runtime.store
        self._guard = guard
        self._clock = runtime.clock

    def of_thread(self, thread: ThreadId) -> LoginRequests:
        """Return what asks for logins in a thread, for agents in this process."""
        return LoginRequests(self._runtime, thread)

    async def due(self, application: int) -> tuple[DueRequest, ...]:
        """Return the requests about which this Discord application has something to write now.

        A request belongs to the application that has seen its thread.

        Raises:
            StorageError: the store cannot be read.
        """
        records = await self._store.records(REQUESTS)
        if not records:
            return ()
        now, threads = self._clock(), ThreadRecords(await self._store.threads())
        requests, entries, notes = OpenRequests(records, now), await self._store.read(), await self._store.notes()
        found = []
        for request in requests.all():
            seen = threads.seen(request.thread)
            if seen is None or seen.application != application or requests.is_claimed(request):
                continue
            if is_answered(request, entries, notes, threads, now):
                note = notes.get(request.login)
                found.append(DueRequest(request, seen, "answered", note.logged_in_by if note else None))
            elif not requests.is_open(request):
                found.append(DueRequest(request, seen, "over"))
            elif _needs_edit(request, now) if request.message else requests.may_write(request.thread):
                limited = _limited_beside(request, limits_in(records, now), threads)
                found.append(DueRequest(request, seen, "write", limited=limited))
        return tuple(found)

    async def claim(self, request: LoginRequest) -> bool:
        """Return whether this bot may write the message now."""
        return await self._store.update(partial(claim_message, request=request, now=self._clock()))

    async def note_message(self, request: LoginRequest, message: RequestMessage, trouble: str = "") -> None:
        """Note where the message is; `trouble` says why it is not in the thread."""
        message = message._replace(at=int(self._clock()))
        await self._store.update(partial(note_message, request=request, message=message, trouble=trouble))

    async def note_lost_message(self, request: LoginRequest) -> None:
        """Note that the message cannot be edited any more, so that a new one is due."""
        await self._store.update(partial(note_lost_message, request=request))

    async def note_trouble(self, request: LoginRequest, trouble: str, rest: float) -> None:
        """Note why no message could be written; the next try comes after `rest` seconds."""
        now = self._clock()
        change = partial(note_trouble, request=request, trouble=trouble, retry_at=now + rest, now=now)
        await self._store.update(change)

    async def end(self, request: LoginRequest) -> bool:
        """End a request; return whether it was this bot that ended it."""
        return await self._store.update(partial(end_request, request=request))

    async def pressed(self, caller: Caller, request_id: str) -> LoginRequest | None:
        """Return the open request whose button a person pressed; None if it has ended.

        Raises:
            OpenabAuthError: this person is not allowed, or the store cannot be read.
        """
        async with self._guard.request(caller, "read"):
            return OpenRequests(await self._store.records(REQUESTS), self._clock()).by_id(request_id)

    async def has_agreed(self, request: LoginRequest) -> bool:
        """Return whether the account may serve the thread: it is shared, or its person has agreed."""
        person = person_asked(request)
        return person is None or ThreadRecords(await self._store.threads()).may_serve(person, request.thread)


def person_asked(request: LoginRequest) -> UserId | None:
    """Return the only person who can answer a request for an own account; None for a shared account."""
    return person_in(request.login)


def _limited_beside(
    request: LoginRequest, limits: Mapping[Tenant, int], threads: ThreadRecords
) -> tuple[tuple[Tenant, int], ...]:
    """Return the other limited accounts of the vendor that the thread may know.

    Everybody reads the message. So an own account is named only in a thread of its person that it serves.
    """

    def is_known(login: Tenant) -> bool:
        person = person_in(login)
        owner = threads.owner(request.thread)
        return person is None or (person == owner and threads.may_serve(person, request.thread))

    vendor = base_of(request.login)
    return tuple(
        (login, until)
        for login, until in sorted(limits.items())
        if login != request.login and base_of(login) == vendor and is_known(login)
    )


def _needs_edit(request: LoginRequest, now: float) -> bool:
    """Return whether the message shows an old reason, or an agent asks again for what nobody may see any more."""
    message = request.message
    if message is None:
        return False
    if message.reason != request.reason:
        return abs(now - message.at) >= EDIT_PAUSE
    return request.asked_at >= message.at + _LOOK_AGAIN
