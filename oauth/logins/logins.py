"""Log people in and out, for every flow: the façade for the slash commands and the command line."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Self

from openab_auth.oauth.accounts import Account, resolve, vendor_meant
from openab_auth.oauth.client import Driver
from openab_auth.oauth.entries import (
    REFRESH_DEADLINE,
    IndexedStore,
    PendingLogin,
    PendingLogins,
    generation_of,
    pending_entry,
)
from openab_auth.oauth.entries.same_account import logins_of_same_account
from openab_auth.oauth.errors import NoPendingLoginError, ReservedLoginError, WhichLoginError
from openab_auth.oauth.flows import (
    Admit,
    BackgroundWork,
    BeginRequest,
    Commits,
    LoginContext,
    LoginOffer,
    LoginResult,
    LoginWriter,
    flow_of,
)
from openab_auth.oauth.logins.begun import BegunLogins
from openab_auth.oauth.logins.completing import login_of_paste, pasteable, unexpected_paste
from openab_auth.oauth.logins.login_states import LoginStates
from openab_auth.oauth.logins.logout import LoginRemover, LogoutResult
from openab_auth.oauth.logins.person_logout import PersonLogins
from openab_auth.oauth.logins.waiting import RecordEnd, WaitingLogins
from openab_auth.oauth.mcp import AddedServers, ServerLogins
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import OF_OPENAB, Catalogue, CurrentCatalogue, Vendor, VendorName
from openab_auth.storage import AsyncStore
from openab_auth.storage.entries import LoginEntry, Tenant, UserId


class Logins:
    """Logs people in and out; one object per process. `lock_wait` is in seconds, `max_pending` is per person.

    `admit` raises where a login that needs no paste may no longer be stored when its vendor gives it. `record_end`
    writes the audit line of a login that ends without a paste. `added` holds the servers that people have added,
    `states` reads the states of the logins, and `people` reads and ends what one person has.
    """

    def __init__(  # noqa: PLR0913 - the collaborators, and what tests set
        self,
        catalogue: Catalogue | CurrentCatalogue,
        store: AsyncStore,
        driver: Driver,
        *,
        clock: Callable[[], float] = time.time,
        max_pending: int = 5,
        lock_wait: float = REFRESH_DEADLINE,
        environ: Mapping[str, str] = os.environ,
        admit: Admit | None = None,
        record_end: RecordEnd | None = None,
    ) -> None:
        current = catalogue if isinstance(catalogue, CurrentCatalogue) else CurrentCatalogue(catalogue)
        self.added = AddedServers(current, store, clock=clock)
        self._current = current
        self._begun = BegunLogins(current, store, clock=clock)
        self._store = store
        self._clock = clock
        self._commits = Commits(store, lock_wait=lock_wait)
        self._remover = LoginRemover(store, driver, self._commits)
        self._waiting = WaitingLogins(record_end)
        index = IndexedStore(store)
        self.states = LoginStates(store, index, self._waiting, self.catalogue, clock=clock)
        self.people = PersonLogins(store, self._waiting, self.catalogue, self.logout, clock=clock)
        self._context = LoginContext(
            catalogue=self.catalogue,
            store=store,
            driver=driver,
            servers=ServerLogins(current, store, driver, clock=clock),
            pending=PendingLogins(store, index, clock=clock, limit=max_pending),
            writer=LoginWriter(current, store, driver, self._commits, clock=clock),
            background=BackgroundWork(),
            waiting=self._waiting,
            program_environment=lambda: current.now.program_environment(environ),
            clock=clock,
            max_pending=max_pending,
            admit=admit,
        )

    @classmethod
    def of(cls, runtime: Runtime, admit: Admit | None = None, record_end: RecordEnd | None = None) -> Self:
        """Return the logins on the parts of `runtime`, which stays open."""
        return cls(
            runtime.current_catalogue,
            runtime.store,
            runtime.driver,
            clock=runtime.clock,
            environ=runtime.environ,
            admit=admit,
            record_end=record_end,
        )

    async def catalogue(self) -> Catalogue:
        """Return the vendors of the config with the servers that people have added by now."""
        return await self.added.catalogue()

    async def begin(
        self,
        vendor: str,
        user: UserId,
        *,
        replaces: str | None = None,
        guild: int | None = None,
        beside: str | None = None,
    ) -> LoginOffer:
        """Write the pending login and return the link: step one. A former link of this person at this vendor ends.

        `vendor` is a word for an account, such as `codex@team`. `guild` is the Discord server in which the person asks;
        a login that needs no paste notes it for `admit`.
        `beside` is the generation of an `AccountStoredError`, if the person agreed to store the account once more.

        Raises:
            UnknownVendorError: the vendor is not offered here.
            SecretMissingError: the vendor's client needs a secret, and none was found.
            LoginTakenError: another person's login is there; only the login of the generation `replaces` may go.
            TooManyLoginsError: the person must finish or cancel another login first.
            TooManyWaitError: all people together have too many pending logins.
            NoPendingLoginError: the name now means another MCP server, or no server; or the login was cancelled.
            VendorUnavailableError, VendorMisconfiguredError: the vendor gave no endpoints or no code.
            ProgramMissingError, ProgramFailedError: the vendor's own program printed no link.
            StorageError: the login could not be stored later, so no vendor was asked.
        """
        configured = self._current.now
        row = (await self._store.run(configured.with_servers_of)).get(vendor)
        if flow_of(row).in_store:
            await self._store.check_writable()  # before a vendor is asked for a code, or a client is registered
        context = self._begun.context(self._context, configured)
        offer = await flow_of(row).begin(context, row, BeginRequest(user, replaces, guild, beside))
        self._begun.note(offer, configured)
        if offer.waits:
            self._waiting.expect_end(offer.vendor.name, user)
        return offer

    async def outcome(self, vendor: str, user: UserId) -> LoginResult | None:
        """Wait for the end of a login whose offer `waits`; return None if this process stops first.

        Raises:
            LoginDeniedError, LoginExpiredError: the person declined, or did not approve in time.
            NoPendingLoginError: the login was cancelled or replaced.
            LoginTakenError: another person has logged in there meanwhile.
            LoginOvertakenError: the same, after the vendor gave the login, which was not stored.
            AccountStoredError: the vendor account is stored under another label, and nobody agreed to that.
            ExchangeRefusedError, VendorMisconfiguredError: the vendor gave no login.
            LoginNotStoredError: the vendor gave a login that could not be written.
            ProgramFailedError: the vendor's own program ended without a login.
        """
        return await self._waiting.outcome(vendor, user)

    async def amended(self, offer: LoginOffer, user: UserId) -> LoginOffer:
        """Wait until the vendor's own program prints another link or code, and return the offer with it.

        Raises:
            NoPendingLoginError: no program runs for this login.
        """
        return await self._waiting.conversation(offer.vendor.name, user).amended(offer)

    async def resume(self, may: Callable[[PendingLogin], bool]) -> tuple[PendingLogin, ...]:
        """Wait again for the approvals that an earlier process waited for, and return their logins.

        A login for which `may` returns False is left out, and so is a login for which this process waits already.

        Raises:
            StorageError: the store cannot be read.
        """
        resumed = []
        entries, notes = await self._store.read(), await self._store.notes()
        for login, entry in pending_entry.unexpired(entries, self._clock(), notes=notes):
            row = vendor_meant(login.vendor, self._current.now)
            if row is None or not (flow_of(row).waits and flow_of(row).in_store and may(login)):
                continue
            if self._waiting.has(login):
                continue
            self._waiting.start(row, login, flow_of(row).wait(self._context, row, login, entry))
            self._waiting.expect_end(login.vendor, login.user)
            resumed.append(login)
        return tuple(resumed)

    async def complete(
        self, text: str, user: UserId, vendor: str | None = None, generation: str | None = None
    ) -> LoginResult:
        """Take the pending login that a pasted text belongs to, exchange its code, and store the login: step two.

        `generation` is the pending login of a form; no other login is finished.

        Raises:
            PasteRefusedError: the paste does not end this login, which is still pending unless the person declined.
            NoPendingLoginError: no login waits for the paste, or its name now means another MCP server.
            WhichLoginError: several logins wait, and the paste does not say which one it is for.
            LoginTakenError: another person's login is there, and nobody agreed to replace it.
            LoginOvertakenError: the same, after the vendor gave the login, which was not stored.
            AccountStoredError: the vendor account is stored under another label, and nobody agreed to that.
            ExchangeRefusedError, VendorUnavailableError, VendorMisconfiguredError: the vendor gave no login.
            LoginNotStoredError: the vendor gave a login that could not be written.
            ProgramWaitsError, ProgramFailedError: the vendor's own program wants more, or failed.
            StorageError: the store can be neither read nor written; the login is still pending.
        """
        pending = await self._context.pending.of(user)
        catalogues = await self._begun.catalogues(login for login, _ in pending)
        named = None if vendor is None else catalogues.naming(vendor, (login for login, _ in pending)).get(vendor)
        name = named.name if named else None
        programs = [
            login
            for login in self._waiting.in_memory(user)
            if name in {None, login.vendor} and generation in {None, login.generation}
        ]
        mine = pasteable(pending, catalogues, user, name, generation)
        if programs and not mine:
            if len(programs) > 1:
                raise WhichLoginError(login.vendor for login in programs)
            return await self._waiting.conversation(programs[0].vendor, user).answer(text)
        if not mine:
            raise unexpected_paste(text, named)
        row, login, entry = login_of_paste(mine, text, programs)
        context = self._begun.context(self._context, self._begun.configured(login))
        return await flow_of(row).complete(context, row, login, entry, text)

    async def cancel(self, user: UserId, word: str | None = None, generation: str | None = None) -> Vendor:
        """Forget a pending login: the only one, if there is no word. A vendor that is not offered here is fine, too.

        `word` is compared with the vendor in the keys of pending logins: other programs write a tenant there. With a
        `generation`, only that login is forgotten.

        Raises:
            NoPendingLoginError: no login is pending.
            WhichLoginError: several logins are pending, and no vendor is named.
        """
        catalogue = await self.catalogue()
        meant = vendor_meant(word, catalogue) if word else None
        names = {name for name in (word, meant.name if meant else None) if name}
        mine = dict(await self._context.pending.of(user, names))
        programs = [login for login in self._waiting.in_memory(user) if not names or login.vendor in names]
        waiting = [login for login in (*mine, *programs) if generation in {None, login.generation}]
        if not waiting:
            raise NoPendingLoginError(word)
        if len(waiting) > 1:
            raise WhichLoginError(login.vendor for login in waiting)
        (login,) = waiting
        if login in mine:
            await self._context.pending.take(login, mine[login])
        await self._waiting.cancel(login.vendor, login.user, login.generation)
        name = VendorName(login.vendor)
        return catalogue.named(name) or Vendor(name, name, Tenant(name))

    def takes_key(self, word: str) -> bool:
        """Return whether people end a login to this vendor with an API key."""
        row = vendor_meant(word, self._current.now)
        return row is not None and flow_of(row).takes_key

    async def pending(self, user: UserId) -> tuple[PendingLogin, ...]:
        """Return the logins that wait for this person's paste or approval."""
        return (*(login for login, _ in await self._context.pending.of(user)), *self._waiting.in_memory(user))

    async def account(self, word: str) -> Account:
        """Return the account that a typed word means now.

        Raises:
            StorageError: the store cannot be read.
        """
        return resolve(word, await self.catalogue(), await self._store.read())

    async def logout(self, account: Account, generation: str | None = None, *, revoke: bool) -> LogoutResult:
        """Remove a login here; with `revoke`, revoke it at the vendor first, if the vendor answers.

        With a `generation`, only that login is removed; otherwise the current login, never a login that comes in later.

        Raises:
            NotLoggedInError: there is no login.
            ReservedLoginError: the `openab` program keeps this login.
            LoginChangedError: another login has come in.
            StorageError: the login could not be removed.
        """
        if account.tenant == OF_OPENAB:
            raise ReservedLoginError(account.tenant)
        catalogue, tenant = await self.catalogue(), account.tenant
        entries, notes = await self._store.read(), await self._store.notes()
        entry, shared_with = entries.get(tenant), logins_of_same_account(tenant, entries, notes, catalogue)
        if generation is None:
            generation = generation_of(entry, notes.get(tenant))
        row = catalogue.row_of(tenant, entry) if isinstance(entry, LoginEntry) else None
        client = await flow_of(row).client(self._context, row, tenant) if row else None
        work = self._remover.remove(tenant, generation, client, revoke=revoke)
        done = await self._context.background.finish(work)
        return replace(done, shared_with=shared_with) if done.revoked else done

    def stop_waiting(self) -> None:
        """Stop waiting for refreshes of other processes, because this process has to stop."""
        self._commits.stop_waiting()

    async def aclose(self) -> None:
        """Wait for the logins and logouts in progress, which now end early."""
        self.stop_waiting()
        await self.states.aclose()
        await self._waiting.aclose()
        await self._context.background.aclose()
        await self._context.writer.aclose()
