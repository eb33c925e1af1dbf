"""Ends everything that one person has: an operator presses a button, or the person has left every server."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from openab_auth.cogs.auth.guard import Caller, EndedNames, Guard
from openab_auth.oauth.accounts import Account
from openab_auth.oauth.config import OnLeave
from openab_auth.oauth.errors import LoginChangedError, NothingOfPersonError
from openab_auth.oauth.logins import LoginDetails, Logins, PersonHoldings, PersonLogout
from openab_auth.oauth.vendors import VendorName
from openab_auth.storage import Tenant, UserId
from openab_auth.storage.errors import OpenabAuthError

_TRIES: Final = 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PersonQuestion:
    """The question before everything of a person ends: `held` is all of it.

    `logins` are its logins, with what a revocation ends.
    """

    held: PersonHoldings
    logins: tuple[LoginDetails, ...]

    @property
    def revocable(self) -> bool:
        """Return whether any of the logins can be revoked at its vendor without ending a login of others."""
        return any(login.revocable and not self.others(login) for login in self.logins)

    def others(self, login: LoginDetails) -> bool:
        """Return whether the vendor account of this login is stored for others, too; then it is not revoked."""
        own = {tenant for tenant, _ in self.held.logins}
        return any(tenant not in own for tenant in login.shared_with)


@dataclass(frozen=True, slots=True)
class Leave:
    """A person who has left with logins here: `held` was there, and `ended` says whether it has ended.

    `error` is why not all of it has ended, where it should have.
    """

    held: PersonHoldings
    ended: bool
    error: OpenabAuthError | None = None


class People:
    """Ends what people have here. Each method that takes a `Caller` passes the guard; only listed operators may."""

    def __init__(self, logins: Logins, guard: Guard, on_leave: OnLeave | None) -> None:
        self.on_leave = on_leave
        self._logins = logins
        self._guard = guard

    async def ask(self, caller: Caller, person: UserId) -> PersonQuestion:
        """Return what would end with this person.

        Raises:
            AccessDeniedError: the caller is not listed in `operators`.
            NothingOfPersonError: the person has nothing here.
            StorageError: the store cannot be read.
        """
        async with self._guard.request(caller, "ask_end_person"):
            self._guard.access.check_listed_operator(caller)
            held = await self._logins.people.held_by(person)
            if held.is_nothing:
                raise NothingOfPersonError(person)
            states = [await self._logins.states.details(_account(tenant)) for tenant, _ in held.logins]
            return PersonQuestion(held, tuple(state for state in states if state is not None))

    async def end(self, caller: Caller, person: UserId, key: str, *, revoke: bool) -> PersonLogout:
        """End everything that the question with this key named; with `revoke`, end the logins at their vendors, too.

        Raises:
            AccessDeniedError: the caller is not listed in `operators`.
            NothingOfPersonError: the person has nothing here any more.
            PersonChangedError: the person has something else by now; nothing has ended.
            OpenabAuthError: the store could not be read or written, or a new login came in.
        """
        async with self._guard.request(caller, "end_person") as line:
            line.ended = EndedNames(person)
            self._guard.access.check_listed_operator(caller)
            if (await self._logins.people.held_by(person)).is_nothing:
                raise NothingOfPersonError(person)
            done = await self._logins.people.end(person, revoke=revoke, key=key)
            line.ended = _names(done)
            return done

    async def holdings(self, person: UserId) -> PersonHoldings:
        """Return what a person has here.

        Raises:
            StorageError: the store cannot be read.
        """
        return await self._logins.people.held_by(person)

    async def take_leave(self, person: UserId) -> Leave | None:
        """Do what `on_leave` says for a person who has left; None if nothing is here, or another bot does it.

        Nothing is revoked: no person has confirmed that, and it could end a login on the person's other machines.

        Raises:
            StorageError: the store cannot be read; nothing has ended.
        """
        held = await self._logins.people.held_by(person)
        told_about = held.logins or held.pending or held.made
        if not (told_about or (held.records and self.on_leave == "end")):
            return None
        try:
            if not await self._logins.people.claim_leave(person):
                return None
            if self.on_leave != "end" or held.is_nothing:
                return Leave(held, ended=False)
            done = await self._end_left(person)
        except OpenabAuthError as error:
            if self.on_leave != "end":
                return Leave(held, ended=False)  # perhaps another bot tells it, too
            await self._guard.audit.record("left", person, error.code, ended=EndedNames(person))
            return Leave(held, ended=False, error=error)
        await self._guard.audit.record("left", person, "ended", ended=_names(done))
        return Leave(held, ended=True) if told_about else None

    async def record_told(self, leave: Leave, *, told: bool) -> None:
        """Write to the audit log whether the operators were told about a leave after which nothing has ended."""
        if not leave.ended and leave.error is None:
            await self._guard.audit.record("left", leave.held.person, "told" if told else "not_told")

    async def _end_left(self, person: UserId) -> PersonLogout:
        for _ in range(_TRIES - 1):
            try:
                return await self._logins.people.end(person, revoke=False)
            except LoginChangedError:  # the person has just logged in once more
                _log.info("a login of %s came in while the logins of that person ended", person)
        return await self._logins.people.end(person, revoke=False)


def _account(tenant: Tenant) -> Account:
    return Account(VendorName(tenant), tenant)


def _names(done: PersonLogout) -> EndedNames:
    return EndedNames(done.person, tuple(ended.result.tenant for ended in done.logins), done.pending)
