"""Logins and logouts, whichever flow a vendor has: what the slash commands and the command line stand on.

link and redirect    oauth/flows/redirect.py    vendors with `flow = "pkce"`, MCP servers
code and approval    oauth/flows/device/approvals.py   the device flows
its own program      oauth/flows/command/programs.py   `flow = "command"`
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from openab_auth.oauth.client import Driver
from openab_auth.oauth.entries import login_entry, pending
from openab_auth.oauth.entries.entry_index import IndexedStore
from openab_auth.oauth.entries.generation import generation_of
from openab_auth.oauth.entries.pending import PendingLogin
from openab_auth.oauth.entries.pending_logins import PendingLogins
from openab_auth.oauth.entries.tenant_lock import REFRESH_DEADLINE
from openab_auth.oauth.errors import NoPendingLoginError, SecretMissingError, WhichLoginError
from openab_auth.oauth.flows.command.output import Prompt
from openab_auth.oauth.flows.command.programs import Programs
from openab_auth.oauth.flows.credentials import Credentials, LoggedIn, LoggedOut
from openab_auth.oauth.flows.device.approvals import Admit, Approvals
from openab_auth.oauth.flows.jobs import Jobs
from openab_auth.oauth.flows.offer import LoginOffer
from openab_auth.oauth.flows.redirect import RedirectLogins
from openab_auth.oauth.logins import status
from openab_auth.oauth.logins.status import LoginState, Status
from openab_auth.oauth.mcp.added_servers import AddedServers
from openab_auth.oauth.mcp.login import ServerLogins
from openab_auth.oauth.vendors import DEVICE_FLOWS, Catalogue, Vendor
from openab_auth.storage import AsyncStore
from openab_auth.storage.entries import Tenant, UserId
from openab_auth.storage.records.notes import Begun


class Logins:
    """Logs people in and out; one per process. `lock_wait` is in seconds, `max_pending` is per person.

    `admit` refuses to store a login that needs no paste, when its vendor has given it.
    """

    def __init__(  # noqa: PLR0913  # what it stands on, passed in
        self,
        catalogue: Catalogue,
        store: AsyncStore,
        driver: Driver,
        *,
        clock: Callable[[], float] = time.time,
        max_pending: int = 5,
        lock_wait: float = REFRESH_DEADLINE,
        environ: Mapping[str, str] = os.environ,
        admit: Admit | None = None,
    ) -> None:
        self.added = AddedServers(catalogue, store, clock=clock)
        self._configured = catalogue
        self._store = store
        self._driver = driver
        self._clock = clock
        self._index = IndexedStore(store)
        self._pending = PendingLogins(store, self._index, clock=clock, limit=max_pending)
        self._servers = ServerLogins(catalogue, store, driver, clock=clock)
        self._credentials = Credentials(store, driver, clock=clock, lock_wait=lock_wait)
        self._jobs = Jobs()
        self._asked: asyncio.Task[tuple[LoginState, ...]] | None = None
        self._programs = Programs(catalogue.program_environment(environ), clock=clock, limit=max_pending)
        self._approvals = Approvals(
            store, driver, self._pending, self._credentials, self._jobs, clock=clock, admit=admit
        )
        self._redirects = RedirectLogins(
            self.catalogue, store, driver, self._servers, self._pending, self._credentials, self._jobs, clock=clock
        )

    async def catalogue(self) -> Catalogue:
        """The vendors of the config with the servers that people have added by now."""
        return await self.added.catalogue()

    async def begin(
        self, vendor: str, user: UserId, *, replaces: str | None = None, guild: int | None = None
    ) -> LoginOffer:
        """Step one: write the pending login and give the link. A former link of this person at this vendor ends.

        `guild` is the Discord server in which it is begun; it is noted where `admit` will be asked.

        Raises:
            UnknownVendorError: not offered here.
            SecretMissingError: its client needs a secret, and the operator has set none.
            LoginTakenError: another person's login is there; that of the generation `replaces` may go, none later.
            TooManyLoginsError: finish or cancel one first.
            TooManyWaitError: all people together have too many.
            NoPendingLoginError: the name means another MCP server by now, or none.
            VendorUnavailableError, VendorMisconfiguredError: its endpoints could not be discovered, or it gave no code.
        """
        catalogue = await self.catalogue()
        chosen = catalogue.get(vendor)
        if chosen.client_secret is None and chosen.client_secret_env:
            raise SecretMissingError(chosen.name, chosen.client_secret_env)
        begun = Begun(replaces, guild if chosen.flow in DEVICE_FLOWS else None)
        if chosen.flow == "command":
            program, found = await self._programs.begin(chosen, user)
            return LoginOffer(chosen, found.link or "", program.expires_at, found.code, program.generation)
        if chosen.flow in DEVICE_FLOWS:
            return await self._approvals.begin(chosen, user, begun)
        return await self._redirects.begin(chosen, user, begun, server=catalogue.server(chosen.name))

    async def outcome(self, vendor: str, user: UserId) -> LoggedIn | None:
        """Wait for the end of a login whose offer `waits`; None when this process stops before.

        Raises:
            LoginDeniedError, LoginExpiredError: it was denied, or not approved in time.
            NoPendingLoginError: it was cancelled or replaced.
            LoginTakenError: another person has logged in there meanwhile.
            LoginOvertakenError: as above, while the vendor gave the credential, which was not stored.
            ExchangeRefusedError, VendorMisconfiguredError: the vendor gave no credential.
            LoginNotStoredError: it gave one, and it could not be written.
            ProgramFailedError: the vendor's own program ended without a login.
        """
        found = self._configured.find(vendor)
        if found is not None and found.flow == "command":
            return await self._programs.outcome(vendor, user)
        return await self._approvals.outcome(vendor, user)

    async def amended(self, offer: LoginOffer, user: UserId) -> LoginOffer:
        """The offer with what the vendor's own program has said since, as soon as it has said something.

        Raises:
            NoPendingLoginError: no such program runs.
        """
        known = Prompt(offer.url, offer.user_code)
        found = await self._programs.more(offer.vendor.name, user, known)
        return replace(offer, url=found.link or offer.url, user_code=found.code)

    async def resume(self, may: Callable[[PendingLogin], bool]) -> tuple[PendingLogin, ...]:
        """Go on waiting for the approvals that a former process waited for, those that still `may`.

        Raises:
            StorageError: the store cannot be read.
        """
        resumed = []
        entries, notes = await self._store.read(), await self._store.notes()
        for login, entry in pending.live(entries, self._clock(), notes=notes):
            vendor = self._configured.find(login.vendor)
            if vendor is not None and vendor.flow in DEVICE_FLOWS and may(login):
                self._approvals.watch(vendor, login, entry)
                resumed.append(login)
        return tuple(resumed)

    async def complete(
        self, text: str, user: UserId, vendor: str | None = None, generation: str | None = None
    ) -> LoggedIn:
        """Step two: take the pending login that a pasted text belongs to, trade its code, and store the credential.

        A form is about one pending login: with its `generation` no other one is ended.

        Raises:
            PasteRefusedError: the paste does not end this login; unless the person denied it, it still waits.
            NoPendingLoginError: nothing waits for it, it was used already, or its MCP server is another by now.
            LoginTakenError: another person's login is there, not the one that may be replaced.
            LoginOvertakenError: as above, while the vendor gave the credential, which was not stored.
            ExchangeRefusedError, VendorUnavailableError, VendorMisconfiguredError: the vendor gave no credential.
            LoginNotStoredError: the vendor gave one, and it could not be written.
            ProgramWaitsError, ProgramFailedError: the vendor's own program wants more, or gave up.
            StorageError: the store can be neither read nor written; the login still waits.
        """
        name = None if vendor is None else (await self.catalogue()).get(vendor).name
        programs = [
            login
            for login in self._programs.waiting(user)
            if name in {None, login.vendor} and generation in {None, login.generation}
        ]
        if programs and not await self._redirects.waiting(user, name, generation):
            if len(programs) > 1:
                raise WhichLoginError(tuple(sorted(login.vendor for login in programs)))
            return await self._programs.answer(programs[0], text)
        return await self._redirects.complete(text, user, name, generation)

    async def cancel(self, user: UserId, vendor: str | None = None, generation: str | None = None) -> Vendor:
        """Forget a pending login, the only one when no vendor is named; one that is not offered here, too.

        With a `generation`, that one or none.

        Raises:
            NoPendingLoginError: none waits.
            WhichLoginError: several wait, and no vendor is named.
        """
        catalogue = await self.catalogue()
        found = catalogue.find(vendor) if vendor else None
        names = {name for name in (vendor, found.name if found else None) if name}
        mine = dict(await self._pending.of(user, names))
        programs = [login for login in self._programs.waiting(user) if not names or login.vendor in names]
        waiting = [login for login in (*mine, *programs) if generation in {None, login.generation}]
        if not waiting:
            raise NoPendingLoginError(vendor)
        if len(waiting) > 1:
            raise WhichLoginError(tuple(sorted(login.vendor for login in waiting)))
        (login,) = waiting
        if login in mine:
            await self._pending.take(login, mine[login])
            self._approvals.forget(login)
        else:
            await self._programs.cancel(login.vendor, login.user)
        named = catalogue.find(login.vendor)  # other programs name a login by its tenant
        known = named is not None and named.name == login.vendor
        return named if known and named else Vendor(login.vendor, login.vendor, Tenant(login.vendor))

    async def pending(self, user: UserId) -> tuple[PendingLogin, ...]:
        """The logins that wait for this person's paste or approval."""
        return (*(login for login, _ in await self._pending.of(user)), *self._programs.waiting(user))

    async def status(self) -> Status:
        """Everything that is logged in or waits, and what is wrong with the store."""
        catalogue, now = await self.catalogue(), self._clock()
        found = await status.read_status(self._store, catalogue=catalogue, now=now, index=await self._index.read())
        return replace(found, pending=(*found.pending, *self._programs.waiting()))

    async def login_state(self, vendor: str) -> LoginState | None:
        """The login of one vendor or tenant, or None when nobody is logged in there."""
        tenant = login_entry.tenant_of(await self._store.read(), vendor, await self.catalogue())
        return next((state for state in await self.states() if state.tenant == tenant), None)

    async def states(self) -> tuple[LoginState, ...]:
        """Every login; who asks while another one asks gets the same answer."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._read_states())
        return await asyncio.shield(self._asked)

    async def _read_states(self) -> tuple[LoginState, ...]:
        catalogue, now = await self.catalogue(), self._clock()
        return await status.read_states(self._store, await self._index.read(), catalogue=catalogue, now=now)

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

    async def logout(self, tenant_or_vendor: str, generation: str | None = None, *, revoke: bool) -> LoggedOut:
        """Remove a login here; with `revoke`, have the vendor end it first, as far as it answers.

        It is the login of this `generation`, or else the one that is there at this moment: never one that comes later.

        Raises:
            NotLoggedInError: nobody is logged in there.
            LoginChangedError: another login is there by now.
            StorageError: it could not be removed.
        """
        catalogue = await self.catalogue()
        entries = await self._store.read()
        tenant = login_entry.tenant_of(entries, tenant_or_vendor, catalogue)
        if generation is None:
            generation = generation_of(entries.get(tenant), (await self._store.notes()).get(tenant))
        server = catalogue.server(tenant)
        vendor = catalogue.vendor_of(tenant)
        client = vendor.client() if vendor else None
        if server:
            client = await self._servers.client(server, tenant)
        return await self._jobs.finish(self._credentials.remove(tenant, generation, client, revoke=revoke))

    def stop_waiting(self) -> None:
        """Wait for nobody's refresh any longer: the process is told to stop."""
        self._credentials.stop_waiting()

    async def aclose(self) -> None:
        """Wait for the logins and logouts under way, which then end early."""
        self.stop_waiting()
        if self._asked is not None:
            await asyncio.gather(self._asked, return_exceptions=True)
        await self._approvals.aclose()
        await self._programs.aclose()
        await self._jobs.aclose()
        await self._credentials.aclose()
