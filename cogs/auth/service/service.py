"""What the /auth commands do, without Discord: who may, how often, and a line in the audit log for each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from openab_auth.cogs.auth.guard.access import Access, Caller
from openab_auth.cogs.auth.guard.admission import Admission
from openab_auth.cogs.auth.guard.audit import Audit
from openab_auth.cogs.auth.guard.errors import AccessDeniedError
from openab_auth.cogs.auth.guard.open_requests import OpenRequests
from openab_auth.cogs.auth.guard.rate_limit import RateLimit
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.servers import Servers
from openab_auth.cogs.auth.service.waiting_logins import WaitingLogins
from openab_auth.oauth.client.driver import Driver
from openab_auth.oauth.config.config import DEFAULT_STORE, Config
from openab_auth.oauth.config.paths import path_in
from openab_auth.oauth.entries.pending import PendingLogin
from openab_auth.oauth.errors import LoginChangedError, NoPendingLoginError, NotLoggedInError, ProgramFailedError
from openab_auth.oauth.flows.credentials import LoggedIn, LoggedOut
from openab_auth.oauth.flows.offer import LoginOffer
from openab_auth.oauth.logins.logins import Logins
from openab_auth.oauth.logins.status import LoginState, Status
from openab_auth.oauth.vendors.catalogue import Catalogue
from openab_auth.oauth.vendors.vendor import Vendor
from openab_auth.storage import CONSOLE, AsyncStore, UserId, open_store


class AuthService:
    """The steps of a login as a person may ask for them; access is checked at each, and anew."""

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        logins: Logins,
        access: Access,
        audit: Audit,
        attempts: RateLimit,
        admission: Admission,
        *,
        clock: Callable[[], float],
        on_close: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self.access = access
        self.admission = admission
        self.clock = clock
        self._logins = logins
        self.servers = Servers(logins.added, access, audit, attempts)
        self._audit = audit
        self._attempts = attempts
        self._on_close = on_close
        self._endings = WaitingLogins(self._end)
        self._under_way = OpenRequests()

    async def catalogue(self) -> Catalogue:
        """The vendors and servers that there are now; `offered` are those that people may log in to here."""
        return await self._logins.catalogue()

    async def login(self, caller: Caller, vendor: str, *, replaces: str | None = None) -> LoginOffer:
        """Step one: a link for this person.

        Raises:
            LoginTakenError: another person's login is there, and is not the one of the generation `replaces`.
            OpenabAuthError: this person may not, has tried too often, or the vendor is not offered.
        """
        self._attempts.count(caller.user)  # before the audit log, which nobody may fill
        async with self._audit.step("login", caller.user) as line:
            line.name((await self.catalogue()).find(vendor))
            self.access.check(caller)
            offer = await self._logins.begin(vendor, caller.user, replaces=replaces, guild=caller.guild)
            if offer.waits:
                self._endings.expect(caller.user, offer.vendor.name)
            return offer

    async def complete(
        self, caller: Caller, paste: str, vendor: str | None = None, generation: str | None = None
    ) -> LoggedIn:
        """Step two: the paste becomes a login in the store; `generation` is the pending login that its form was about.

        Raises:
            OpenabAuthError: why it did not; `views.failure.still_waits` tells whether the person may paste again.
        """
        self._attempts.count(caller.user)  # before the audit log, which nobody may fill
        async with self._audit.step("complete", caller.user) as line:
            line.name((await self.catalogue()).find(vendor) if vendor else None)
            self.access.check(caller)
            try:
                done = await self._logins.complete(paste, caller.user, vendor, generation)
            except ProgramFailedError:
                line.silent = True  # such a login's end has a line of its own
                raise
            line.name(done.vendor)
            line.silent = done.vendor.flow == "command"
            return done

    async def outcome(self, user: UserId, vendor: str) -> LoggedIn | None:
        """How a login ends that needs no paste; None when the bot stops before, and then the login goes on waiting.

        Raises:
            NoPendingLoginError: it was cancelled or replaced.
            OpenabAuthError: why there is no login.
        """
        return await self._endings.of(user, vendor)

    async def _end(self, user: UserId, vendor: str) -> LoggedIn | None:
        async with self._audit.step("complete", user) as line:
            line.name((await self.catalogue()).find(vendor))
            try:
                done = await self._logins.outcome(vendor, user)
            except NoPendingLoginError:
                line.silent = True  # who cancelled it has a line of their own
                raise
            line.silent = done is None or done.elsewhere  # the line is that process's
            return done

    async def amended(self, user: UserId, offer: LoginOffer) -> LoginOffer:
        """The offer with what the vendor's own program has said since; waits until it has.

        Raises:
            NoPendingLoginError: no such program runs.
        """
        return await self._logins.amended(offer, user)

    async def resume(self) -> None:
        """Go on with the logins that waited for their approval when the bot stopped; end those that may not go on.

        Raises:
            StorageError: the store cannot be read or written.
        """
        refused: list[PendingLogin] = []

        def may(login: PendingLogin) -> bool:
            goes_on = self.admission.may_go_on(login)
            if not goes_on and login.user != CONSOLE:  # the console's are no business of the bot
                refused.append(login)
            return goes_on

        for login in await self._logins.resume(may):
            self._endings.expect(login.user, login.vendor)
        for login in refused:
            with suppress(NoPendingLoginError):  # another process was quicker
                vendor = await self._logins.cancel(login.user, login.vendor, login.generation)
                line = {"vendor": vendor.name, "tenant": vendor.tenant}
                await self._audit.record("complete", login.user, AccessDeniedError.code, **line)

    async def cancel(self, caller: Caller, vendor: str | None = None, generation: str | None = None) -> Vendor:
        """Forget the caller's own pending login; with a `generation`, that one or none.

        Raises:
            OpenabAuthError: this person may not, or has none.
        """
        self._bound_refusals(caller)
        async with self._audit.step("cancel", caller.user) as line:
            line.name((await self.catalogue()).find(vendor) if vendor else None)
            self.access.check(caller)
            cancelled = await self._logins.cancel(caller.user, vendor, generation)
            line.name(cancelled)
            return cancelled

    async def status(self, caller: Caller) -> Status:
        """All logins; whose pending ones are shown is up to the caller's view.

        Raises:
            OpenabAuthError: this person may not, or the store cannot be read.
        """
        self._bound_refusals(caller)
        try:
            self.access.check(caller)
        except AccessDeniedError as refusal:
            await self._audit.record("status", caller.user, refusal.code)
            raise
        return await self._logins.status()

    async def logins(self, caller: Caller) -> tuple[LoginState, ...]:
        """All logins, for autocompletion; a refusal is no line in the audit log.

        Raises:
            OpenabAuthError: this person may not, or the store cannot be read.
        """
        self.access.check(caller)
        return await self._logins.states()

    async def pending(self, caller: Caller) -> tuple[PendingLogin, ...]:
        """The caller's own pending logins, for autocompletion; a refusal is no line in the audit log.

        Raises:
            OpenabAuthError: this person may not, or the store cannot be read.
        """
        self.access.check(caller)
        return await self._logins.pending(caller.user)

    async def newly_dead(self) -> tuple[LoginState, ...]:
        """The logins that have died and of which nobody was told; from now on they count as told, and are audited.

        Raises:
            StorageError: the store cannot be read or written.
        """
        await self._audit.tell_left_out()  # whoever asks this does so every few seconds
        died = await self._logins.newly_dead()
        for state in died:
            vendor = state.vendor.name if state.vendor else None
            maker = state.logged_in_by or CONSOLE
            await self._audit.record("died", maker, "login_dead", vendor=vendor, tenant=state.tenant)
        return died

    async def ask_logout(self, caller: Caller, vendor: str) -> LoginState:
        """The login that a logout would end, if this person may end it.

        Raises:
            AccessDeniedError: somebody else made it, and this person is no operator.
            NotLoggedInError: there is none.
        """
        self._bound_refusals(caller)
        try:
            return await self._ending(caller, vendor)
        except AccessDeniedError as refusal:
            found = (await self.catalogue()).find(vendor)
            named = {"vendor": found.name, "tenant": found.tenant} if found else {}
            await self._audit.record("logout", caller.user, refusal.code, **named)
            raise

    async def logout(self, caller: Caller, tenant: str, generation: str | None = None, *, revoke: bool) -> LoggedOut:
        """End a login here, and at the vendor too with `revoke`; with a `generation`, that login or none.

        Raises:
            LoginChangedError: another login is there by now.
            OpenabAuthError: this person may not, there is none, or the store could not be written.
        """
        self._bound_refusals(caller)
        async with self._audit.step("logout", caller.user) as line:
            state = await self._ending(caller, tenant)
            line.name(state.vendor)
            line.tenant = state.tenant
            if generation not in {None, state.generation}:
                raise LoginChangedError(state.tenant)
            # The login whose maker was looked at, and no other one that comes in meanwhile.
            return await self._logins.logout(state.tenant, state.generation, revoke=revoke)

    def _bound_refusals(self, caller: Caller) -> None:
        """Whoever may not use this gets no more refusals, and lines about them, than others have attempts."""
        try:
            self.access.check(caller)
        except AccessDeniedError:
            self._attempts.count(caller.user)

    async def _ending(self, caller: Caller, tenant_or_vendor: str) -> LoginState:
        self.access.check(caller)
        state = await self._logins.login_state(tenant_or_vendor)
        if state is None:
            vendor = (await self.catalogue()).find(tenant_or_vendor)
            raise NotLoggedInError(vendor.title if vendor else tenant_or_vendor[:80])
        self.access.check_logout(caller, state.logged_in_by)
        return state

    def hears(self, caller: Caller) -> bool:
        """Return whether a direct message of this person is looked at: not after too many refusals."""
        try:
            self.access.check(caller)
        except AccessDeniedError:
            return not self._attempts.is_reached(caller.user)
        return True

    def begin_work(self) -> None:
        """The current task is somebody's request: `aclose` waits until it has answered.

        Raises:
            ClosingError: the bot is stopping and takes nothing new.
        """
        self._under_way.begin()

    async def aclose(self) -> None:
        """Take nothing new, let the work under way answer, then close what it stood on."""
        self._under_way.close()
        self._logins.stop_waiting()
        await self._under_way.ended()
        for close in self._on_close:
            await close()
        await self._endings.aclose()
        await self._audit.tell_left_out(now=True)


def open_service(
    config: Config,
    location: str,
    settings: DiscordSettings,
    *,
    environ: Mapping[str, str],
    clock: Callable[[], float],
) -> AuthService:
    """The whole service on the store at `location`; the audit log lies beside it, or where OPENAB_AUTH_AUDIT says.

    Raises:
        ConfigError: a vendor's table has mistakes, or OPENAB_AUTH_AUDIT is relative.
        StorageError: the store's address is none.
    """
    beside = DEFAULT_STORE if "://" in location else location  # a store that is no file has nothing beside it
    audit = Path(path_in("OPENAB_AUTH_AUDIT", environ) or f"{beside}.audit.jsonl").expanduser()
    store = AsyncStore(open_store(location))
    driver = Driver()
    access = Access(settings)
    admission = Admission(access)
    catalogue = Catalogue.from_config(config, environ)
    logins = Logins(catalogue, store, driver, clock=clock, environ=environ, admit=admission.check)
    return AuthService(
        logins,
        access,
        Audit(audit, clock),
        RateLimit(clock),
        admission,
        clock=clock,
        on_close=(logins.aclose, driver.aclose, store.aclose),
    )
