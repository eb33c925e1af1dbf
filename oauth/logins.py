"""The two steps of a login, and its end: what the slash commands and the command line stand on.

Step one writes a pending login and gives the link. Step two finds the pending login that the paste belongs to, takes it
out of the store in one locked step, posts the code, and writes the credential under the tenant's lock. From the taking
on the work no longer belongs to the caller: one that is cancelled, or a Discord that cuts the line, does not stop it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from oauth import login_entry, pending, status
from oauth.catalogue import Catalogue
from oauth.command.output import Found
from oauth.command.programs import Programs
from oauth.credentials import Credentials, LoggedIn, LoggedOut
from oauth.device.approvals import Approvals
from oauth.driver import Driver
from oauth.errors import (
    ClientRefusedError,
    NoPendingLoginError,
    SecretMissingError,
    VendorUnavailableError,
    WhichLoginError,
)
from oauth.jobs import Jobs
from oauth.mcp.binding import Binding
from oauth.mcp.login import ServerLogins, remember
from oauth.mcp.register import forget_client
from oauth.paste import DeniedRedirectError, Expected, PasteRefusedError, Refusal, match, read_paste
from oauth.pending import PendingLogin
from oauth.pkce import new_state, new_verifier
from oauth.status import LoginState, Status
from oauth.tenant_lock import DEADLINE
from oauth.vendor import DEVICE_FLOWS, Vendor
from oauth.verdict import Question
from storage import AsyncStore
from storage.draft import Draft
from storage.entries import PENDING_LIFETIME, PendingEntry, Tenant, UserId
from storage.errors import StorageError
from storage.secret import Secret


@dataclass(frozen=True, slots=True)
class LoginOffer:
    """Step one: the link to open, and until when (unix seconds) its paste is taken.

    Where there is nothing to paste, or the vendor's own program may want none, `waits` says so: the person types the
    `user_code` at the link, and `Logins.outcome` tells the end.
    """

    vendor: Vendor
    url: str
    expires_at: int
    user_code: str | None = None

    @property
    def waits(self) -> bool:
        """Whether the login may end without a paste."""
        return self.vendor.flow != "pkce"


class Logins:
    """Logs people in and out; one per process. `lock_wait` is in seconds, `max_pending` is per person."""

    def __init__(  # noqa: PLR0913  # what it stands on, passed in
        self,
        catalogue: Catalogue,
        store: AsyncStore,
        driver: Driver,
        *,
        clock: Callable[[], float] = time.time,
        max_pending: int = 5,
        lock_wait: float = DEADLINE,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._catalogue = catalogue
        self._store = store
        self._driver = driver
        self._clock = clock
        self._max_pending = max_pending
        self._servers = ServerLogins(store, driver, clock=clock)
        self._credentials = Credentials(store, driver, clock=clock, lock_wait=lock_wait)
        self._jobs = Jobs()
        self._programs = Programs(environ, clock=clock, limit=max_pending)
        self._approvals = Approvals(store, driver, self._credentials, self._jobs, clock=clock)

    async def begin(self, vendor: str, user: UserId, *, replace: bool = False) -> LoginOffer:
        """Step one: write the pending login and give the link. A former link of this person at this vendor ends.

        Raises:
            UnknownVendorError: not offered here.
            SecretMissingError: its client needs a secret, and the operator has set none.
            LoginTakenError: another person's login is there; `replace` says that it may go.
            TooManyLoginsError: finish or cancel one first.
            VendorUnavailableError, VendorMisconfiguredError: its endpoints could not be discovered, or it gave no code.
        """
        chosen = self._catalogue.get(vendor)
        if chosen.client_secret is None and chosen.client_secret_env:
            raise SecretMissingError(chosen.name, chosen.client_secret_env)
        if chosen.flow == "command":
            program, found = await self._programs.begin(chosen, user)
            return LoginOffer(chosen, found.link or "", program.expires_at, found.code)
        server = self._catalogue.server(chosen.name)
        if server and not replace:  # before a server is asked, and perhaps registers a client
            login_entry.check_not_taken(await self._store.read(), await self._store.notes(), chosen.tenant, user)
        binding = await self._servers.bind(server, user) if server else None
        chosen = binding.vendor(server) if server and binding else await self._driver.resolve(chosen)
        if chosen.flow in DEVICE_FLOWS:
            return await self._begin_device(chosen, user, replace=replace)
        entry = PendingEntry(
            verifier=new_verifier(),
            state=new_state(),
            token_url=chosen.token_url,
            provider_name=chosen.name,
            resource=binding.resource if binding else None,
            created_at=int(self._clock()),
        )

        await self._write_pending(chosen, user, entry, replace=replace, binding=binding)
        return LoginOffer(chosen, self._driver.authorize_url(chosen, entry), entry.created_at + PENDING_LIFETIME)

    async def outcome(self, vendor: str, user: UserId) -> LoggedIn | None:
        """Wait for the end of a login whose offer `waits`; None when this process stops before.

        Raises:
            LoginDeniedError, LoginExpiredError: it was denied, or not approved in time.
            NoPendingLoginError: it was cancelled or replaced.
            LoginTakenError: another person has logged in there meanwhile.
            ExchangeRefusedError, VendorMisconfiguredError: the vendor gave no credential.
            LoginNotStoredError: it gave one, and it could not be written.
            ProgramFailedError: the vendor's own program ended without a login.
        """
        found = self._catalogue.find(vendor)
        if found is not None and found.flow == "command":
            return await self._programs.outcome(vendor, user)
        return await self._approvals.outcome(vendor, user)

    async def amended(self, offer: LoginOffer, user: UserId) -> LoginOffer:
        """The offer with what the vendor's own program has said since, as soon as it has said something.

        Raises:
            NoPendingLoginError: no such program runs.
        """
        known = Found(offer.url, offer.user_code)
        found = await self._programs.more(offer.vendor.name, user, known)
        return replace(offer, url=found.link or offer.url, user_code=found.code)

    async def resume(self, may: Callable[[UserId], bool]) -> tuple[PendingLogin, ...]:
        """Go on waiting for the approvals that a former process waited for, of those people who still `may`.

        Raises:
            StorageError: the store cannot be read.
        """
        resumed = []
        for login, entry in pending.live(await self._store.read(), self._clock()):
            vendor = self._catalogue.find(login.vendor)
            if vendor is not None and vendor.flow in DEVICE_FLOWS and may(login.user):
                self._approvals.watch(vendor, login, entry)
                resumed.append(login)
        return tuple(resumed)

    async def complete(self, text: str, user: UserId, vendor: str | None = None) -> LoggedIn:
        """Step two: take the pending login that a pasted text belongs to, trade its code, and store the credential.

        Raises:
            PasteRefusedError: the paste does not end this login; unless the person denied it, it still waits.
            NoPendingLoginError: nothing waits for it, or it was used already.
            LoginTakenError: another person has logged in there since the link was made.
            ExchangeRefusedError, VendorUnavailableError, VendorMisconfiguredError: the vendor gave no credential.
            LoginNotStoredError: the vendor gave one, and it could not be written.
            ProgramWaitsError, ProgramFailedError: the vendor's own program wants more, or gave up.
            StorageError: the store can be neither read nor written; the login still waits.
        """
        name = None if vendor is None else self._catalogue.get(vendor).name
        mine = await self._finishable(user, name)
        programs = [login for login in self._programs.waiting(user) if name in {None, login.vendor}]
        if programs and not mine:
            return await self._programs.answer(programs[-1], text)
        try:
            paste = read_paste(text)
        except PasteRefusedError as refusal:
            if mine or refusal.reason == Refusal.TOKEN_OR_KEY:  # whoever shows a token must learn that he did
                raise
            raise NoPendingLoginError(vendor) from None
        login, entry = pending.belonging(mine, paste, vendor)
        chosen, binding = await self._begun(login)
        expected = Expected(
            redirect_uri=chosen.redirect_uri,
            state=entry.state,
            authorize_url=chosen.authorize_url,
            issuer=chosen.issuer,
            iss_announced=chosen.iss_announced,
        )
        try:
            code = match(paste, expected)
        except DeniedRedirectError as denied:
            if denied.ends_login:
                denied.vendor = login.vendor
                await self._take(login, entry)
            raise
        login_entry.check_not_taken(
            await self._store.read(), await self._store.notes(), chosen.tenant, user, since=login.created_at
        )
        await self._store.check_writable()  # before the code is used up
        return await self._jobs.finish(self._finish(chosen, login, entry, code, binding))

    async def cancel(self, user: UserId, vendor: str | None = None) -> Vendor:
        """Forget a pending login, the only one when no vendor is named; one that is not offered here, too.

        Raises:
            NoPendingLoginError: none waits.
            WhichLoginError: several wait, and no vendor is named.
        """
        found = self._catalogue.find(vendor) if vendor else None
        names = {name for name in (vendor, found.name if found else None) if name}
        mine = dict(await self._mine(user, names))
        programs = [login for login in self._programs.waiting(user) if not names or login.vendor in names]
        waiting = [*mine, *programs]
        if not waiting:
            raise NoPendingLoginError(vendor)
        if len(waiting) > 1:
            raise WhichLoginError(tuple(sorted(login.vendor for login in waiting)))
        (login,) = waiting
        if login in mine:
            await self._take(login, mine[login])
            self._approvals.forget(login)
        else:
            await self._programs.cancel(login.vendor, login.user)
        named = self._catalogue.find(login.vendor)  # other programs name a login by its tenant
        known = named is not None and named.name == login.vendor
        return named if known and named else Vendor(login.vendor, login.vendor, Tenant(login.vendor))

    async def pending(self, user: UserId) -> tuple[PendingLogin, ...]:
        """The logins that wait for this person's paste or approval."""
        return (*(login for login, _ in await self._mine(user)), *self._programs.waiting(user))

    async def status(self) -> Status:
        """Everything that is logged in or waits, and what is wrong with the store."""
        found = status.read_status(
            await self._store.read(),
            await self._store.notes(),
            tuple(await self._store.problems()),
            catalogue=self._catalogue,
            now=self._clock(),
        )
        return replace(found, pending=(*found.pending, *self._programs.waiting()))

    async def login_state(self, vendor: str) -> LoginState | None:
        """The login of one vendor or tenant, or None when nobody is logged in there."""
        entries = await self._store.read()
        return status.login_state(
            login_entry.tenant_of(entries, vendor, self._catalogue),
            entries,
            await self._store.notes(),
            catalogue=self._catalogue,
            now=self._clock(),
        )

    async def newly_dead(self) -> tuple[LoginState, ...]:
        """The logins that have died and of which nobody was told; each is given once, to one process.

        Raises:
            StorageError: the store cannot be read, or not remember that they were given.
        """
        entries, notes = await self._store.read(), await self._store.notes()
        if not login_entry.has_untold(entries, notes):
            return ()
        died = await self._store.update(login_entry.tell_of_dead)
        states_of = {state.tenant: state for state in (await self.status()).logins}
        return tuple(states_of[tenant] for tenant in died if tenant in states_of)

    async def logout(self, tenant_or_vendor: str, *, revoke: bool) -> LoggedOut:
        """Remove a login here; with `revoke`, have the vendor end it first, as far as it answers.

        Raises:
            NotLoggedInError: nobody is logged in there.
            StorageError: it could not be removed.
        """
        tenant = login_entry.tenant_of(await self._store.read(), tenant_or_vendor, self._catalogue)
        server = self._catalogue.server(tenant)
        vendor = await self._servers.vendor(server, tenant) if server else self._catalogue.vendor_of(tenant)
        return await self._jobs.finish(self._credentials.remove(tenant, vendor, revoke=revoke))

    def hurry(self) -> None:
        """Wait for nobody's refresh any longer: the process is told to stop."""
        self._credentials.hurry()

    async def aclose(self) -> None:
        """Wait for the logins and logouts under way, which then hurry."""
        self.hurry()
        await self._approvals.aclose()
        await self._programs.aclose()
        await self._jobs.aclose()

    async def _begin_device(self, vendor: Vendor, user: UserId, *, replace: bool) -> LoginOffer:
        if not replace:  # before the vendor is asked for a code that nobody may use
            login_entry.check_not_taken(await self._store.read(), await self._store.notes(), vendor.tenant, user)
        code, entry = await self._approvals.start(vendor)
        await self._write_pending(vendor, user, entry, replace=replace)
        login = PendingLogin(vendor.name, user, entry.created_at, code.expires_at)
        self._approvals.watch(vendor, login, entry)
        return LoginOffer(vendor, code.link, code.expires_at, code.user_code)

    async def _write_pending(
        self, vendor: Vendor, user: UserId, entry: PendingEntry, *, replace: bool, binding: Binding | None = None
    ) -> None:
        def write(draft: Draft) -> None:
            if not replace:
                login_entry.check_not_taken(draft, draft.notes, vendor.tenant, user)
            pending.begin(draft, user, entry, limit=self._max_pending, now=self._clock())
            if binding:
                remember(draft, vendor.name, user, binding)

        await self._store.update(write)

    async def _begun(self, login: PendingLogin) -> tuple[Vendor, Binding | None]:
        """The vendor of a pending login; an MCP server as it was when the link was made."""
        server = self._catalogue.server(login.vendor)
        if server is None:
            return await self._driver.resolve(self._catalogue.get(login.vendor)), None
        binding = await self._servers.bound(server, login.user)
        return binding.vendor(server), binding

    async def _finish(
        self, vendor: Vendor, login: PendingLogin, entry: PendingEntry, code: Secret, binding: Binding | None
    ) -> LoggedIn:
        await self._take(login, entry)
        try:
            grant = await self._driver.exchange(vendor, code, entry)
        except VendorUnavailableError as error:
            if not error.sent:
                await self._put_back(vendor, login, entry, error)
            raise
        except ClientRefusedError:
            if binding and (server := self._catalogue.server(login.vendor)):
                await self._store.update(lambda draft: forget_client(draft, server, binding.issuer))
            raise
        return await self._credentials.keep(vendor, entry.token_url, grant, login.user, binding)

    async def _put_back(
        self, vendor: Vendor, login: PendingLogin, entry: PendingEntry, unsent: VendorUnavailableError
    ) -> None:
        """Let the login wait again, for a code that never left; what cannot be written must be begun again."""
        try:
            await self._store.update(lambda draft: pending.put_back(draft, login.vendor, login.user, entry))
        except StorageError as unsaved:
            raise Question(vendor.name, vendor.tenant, "code").unavailable(unsent.reason) from unsaved

    async def _mine(self, user: UserId, names: Collection[str] = ()) -> list[tuple[PendingLogin, PendingEntry]]:
        found = pending.live(await self._store.read(), self._clock(), user)
        return [(login, entry) for login, entry in found if not names or login.vendor in names]

    async def _finishable(self, user: UserId, name: str | None) -> list[tuple[PendingLogin, PendingEntry]]:
        """Mine, without those that need no paste, or of other programs, or of vendors that are no longer offered."""
        offered = {vendor.name for vendor in self._catalogue.offered() if vendor.flow == "pkce"}
        return [pair for pair in await self._mine(user, {name} if name else ()) if pair[0].vendor in offered]

    async def _take(self, login: PendingLogin, entry: PendingEntry) -> None:
        await self._store.update(lambda draft: pending.take(draft, login.vendor, login.user, entry, now=self._clock()))
