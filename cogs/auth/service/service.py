"""Does the work of the /auth commands, without Discord's messages."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

from openab_auth.cogs.auth.guard import (
    Access,
    Audit,
    AuditLine,
    Caller,
    DiscordSettings,
    Guard,
    RateLimit,
)
from openab_auth.cogs.auth.observer import CogObserver
from openab_auth.cogs.auth.service.accounts import account_named, name_in_line, narrowed, pending_named
from openab_auth.cogs.auth.service.notices import Notices
from openab_auth.cogs.auth.service.people import People
from openab_auth.cogs.auth.service.posting_lease import PostingLease
from openab_auth.cogs.auth.service.requests import Requests
from openab_auth.cogs.auth.service.resumption import Resumption
from openab_auth.cogs.auth.service.servers import Servers
from openab_auth.cogs.auth.service.threads import Threads
from openab_auth.oauth.accounts import Account, vendor_meant
from openab_auth.oauth.audit import audit_path
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.errors import (
    LoginChangedError,
    NotLoggedInError,
    ProgramFailedError,
    UnknownVendorError,
)
from openab_auth.oauth.flows import LoginOffer, LoginResult
from openab_auth.oauth.logins import LoginDetails, Logins, LoginState, LogoutResult, Status
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Catalogue, Vendor
from openab_auth.storage import UserId
from openab_auth.storage.worker_thread import in_thread

_log = logging.getLogger(__name__)


class AuthService:
    """Logs people in and out, without Discord's messages. Each method that takes a `Caller` passes the guard first."""

    def __init__(
        self,
        logins: Logins,
        guard: Guard,
        runtime: Runtime,
        *,
        on_close: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self.guard = guard
        self.clock = runtime.clock
        self.resumption = Resumption(logins, guard)
        self.servers = Servers(logins.added, guard)
        self.threads = Threads(logins, runtime.store, guard, runtime.current_catalogue)
        self.people = People(logins, guard, runtime.catalogue.auth.on_leave)
        self.requests = Requests(runtime, guard)
        self.notices = Notices(logins, runtime, guard)
        self.posting = PostingLease(runtime.store)
        self._logins = logins
        self._on_close = on_close

    async def catalogue(self) -> Catalogue:
        """Return the vendors and servers that exist now."""
        return await self._logins.catalogue()

    async def offered(self, place: Caller) -> tuple[Vendor, ...]:
        """Return the vendors that people may log in to where this caller asks."""
        return tuple(row for row in (await self.catalogue()).offered() if self.guard.access.offers(place, row))

    async def word(self, person: UserId, vendor: str | None, account: str | None) -> str | None:
        """Return the word for the account that a person has typed; None if they named nothing.

        Raises:
            NoPendingLoginError, WhichLoginError: only an account is named, and no login waits for it, or several do.
            StorageError: the store cannot be read.
        """
        if vendor is not None:
            return account_named(await self.catalogue(), vendor, account, person)
        return None if account is None else pending_named(await self._logins.pending(person), account, person)

    async def _name(self, word: str | None, line: AuditLine) -> None:
        if word is not None:
            name_in_line(line, await self.catalogue(), word)

    async def login(
        self, caller: Caller, vendor: str, *, replaces: str | None = None, beside: str | None = None
    ) -> LoginOffer:
        """Begin a login (step one) and return the link for this person.

        Raises:
            LoginTakenError: another person's login exists, and its generation is not `replaces`.
            OpenabAuthError: this person is not allowed, has tried too often, or the vendor is not offered.
        """
        async with self.guard.request(caller, "login", partial(self._name, vendor)):
            row = vendor_meant(vendor, await self.catalogue())
            if row is not None and not self.guard.access.offers(caller, row):
                raise UnknownVendorError(vendor, tuple(one.name for one in await self.offered(caller)))
            return await self._logins.begin(vendor, caller.user, replaces=replaces, guild=caller.guild, beside=beside)

    async def complete(
        self, caller: Caller, paste: str, vendor: str | None = None, generation: str | None = None
    ) -> LoginResult:
        """Finish a login (step two) with a paste; `generation` is the pending login of its form.

        Raises:
            OpenabAuthError: the paste did not become a login. `views.failure.still_waits` says whether the person may
                paste again.
        """
        async with self.guard.request(caller, "complete", partial(self._name, vendor)) as line:
            try:
                done = await self._logins.complete(paste, caller.user, vendor, generation)
            except ProgramFailedError:
                line.silent = True  # the end of this login has its own line
                raise
            line.name(done.vendor)
            line.silent = done.waited  # as above
            return done

    async def outcome(self, user: UserId, vendor: str) -> LoginResult | None:
        """Wait for the end of a login that needs no paste; return None if the bot stops while it still waits.

        Raises:
            NoPendingLoginError: the login was cancelled or replaced.
            OpenabAuthError: the login failed, for this reason.
        """
        return await self._logins.outcome(vendor, user)

    async def amended(self, user: UserId, offer: LoginOffer) -> LoginOffer:
        """Wait until the vendor's own program says something new, and return the offer with it.

        Raises:
            NoPendingLoginError: no program runs for this login.
        """
        return await self._logins.amended(offer, user)

    async def cancel(self, caller: Caller, word: str | None = None, generation: str | None = None) -> Vendor:
        """Cancel the caller's own pending login; with a `generation`, only that one.

        Raises:
            OpenabAuthError: this person is not allowed, or has no pending login.
        """
        async with self.guard.request(caller, "cancel", partial(self._name, word)) as line:
            cancelled = await self._logins.cancel(caller.user, word, generation)
            line.name(cancelled)
            return cancelled

    async def status(self, caller: Caller, vendor: str | None = None, account: str | None = None) -> Status:
        """Return the logins that the caller may see and their own pending ones, of one vendor or account if named.

        Raises:
            OpenabAuthError: this person is not allowed, or the store cannot be read.
        """
        async with self.guard.request(caller, "status"):
            found = await self._logins.states.status()
            pending = tuple(login for login in found.pending if login.user == caller.user)
            found = found._replace(logins=self._visible(caller, found.logins), pending=pending)
            # There may be thousands of logins: the event loop must not stand still.
            return await in_thread(narrowed, found, await self.catalogue(), vendor, account, caller.user)

    def _visible(self, caller: Caller, states: Iterable[LoginState]) -> tuple[LoginState, ...]:
        return tuple(state for state in states if self.guard.access.may_see(caller, state.person))

    async def logins(self, caller: Caller) -> tuple[LoginState, ...]:
        """Return the logins that the caller may see, for autocompletion and for the help.

        Raises:
            OpenabAuthError: this person is not allowed, or the store cannot be read.
        """
        async with self.guard.request(caller, "read"):
            return self._visible(caller, await self._logins.states.all())

    async def pending(self, caller: Caller) -> tuple[PendingLogin, ...]:
        """Return the caller's own pending logins, for autocompletion.

        Raises:
            OpenabAuthError: this person is not allowed, or the store cannot be read.
        """
        async with self.guard.request(caller, "read"):
            return await self._logins.pending(caller.user)

    def takes_key(self, vendor: str) -> bool:
        """Return whether people end a login to this vendor with an API key."""
        return self._logins.takes_key(vendor)

    async def still_waiting(self, user: UserId) -> tuple[PendingLogin, ...]:
        """Return the logins that wait for this person after a paste has failed.

        Raises:
            StorageError: the store cannot be read.
        """
        return await self._logins.pending(user)

    async def ask_logout(self, caller: Caller, word: str) -> LoginDetails:
        """Return the login that a logout would end, if this person may end it.

        Raises:
            AccessDeniedError: another person made the login, and this person is no operator.
            NotLoggedInError: there is no login.
        """
        async with self.guard.request(caller, "ask_logout", partial(self._name, word)):
            _, details = await self._ending(caller, word)
            return details

    async def logout(self, caller: Caller, word: str, generation: str | None = None, *, revoke: bool) -> LogoutResult:
        """End a login here, and at the vendor too with `revoke`; with a `generation`, only that login.

        Raises:
            LoginChangedError: another login has taken its place.
            OpenabAuthError: this person is not allowed, there is no login, or the store could not be written.
        """
        async with self.guard.request(caller, "logout", partial(self._name, word)) as line:
            account, details = await self._ending(caller, word)
            line.name(details.state.vendor)
            line.tenant = details.state.tenant
            if generation not in {None, details.generation}:
                raise LoginChangedError(line.tenant)
            # The generation makes sure that no other login, which came in since, is ended.
            return await self._logins.logout(account, details.generation, revoke=revoke)

    async def _ending(self, caller: Caller, word: str) -> tuple[Account, LoginDetails]:
        account = await self._logins.account(word)
        details = await self._logins.states.details(account)
        if details is None:
            vendor = vendor_meant(word, await self.catalogue())
            raise NotLoggedInError(vendor.title if vendor else word[:80])
        self.guard.access.check_account(caller, details.state.person, for_operators=True)
        self.guard.access.check_logout(caller, details.state.logged_in_by, details.state.person)
        return account, details

    async def aclose(self) -> None:
        """Take no new requests, let the open ones answer, then close the store and the HTTP client."""
        self.guard.stop_taking()
        self._logins.stop_waiting()
        await self.guard.answered()
        for close in self._on_close:
            await close()
        await self.guard.audit.tell_left_out(now=True)


def open_service(
    runtime: Runtime,
    settings: DiscordSettings,
    *,
    closes_runtime: bool = False,
    observer: CogObserver | None = None,
) -> AuthService:
    """Return the service on the runtime's store; with `closes_runtime`, its `aclose` closes the runtime, too.

    The audit log is beside the store, or at OPENAB_AUTH_AUDIT.

    Raises:
        ConfigError: OPENAB_AUTH_AUDIT is relative.
    """
    clock, audit = runtime.clock, audit_path(runtime.location, runtime.environ)
    access = Access(settings, runtime.catalogue.auth.channels)
    if not access.admits_anybody:
        _log.warning("%s: list Discord ids in [discord] allowed_users, or role ids in [discord] allowed_roles", access)
    guard = Guard(access, Audit(audit, clock), RateLimit(clock), clock, observer)
    logins = Logins.of(runtime, guard.admission.check, guard.record_end)
    on_close = (logins.aclose, *([runtime.aclose] if closes_runtime else []))
    return AuthService(logins, guard, runtime, on_close=on_close)
