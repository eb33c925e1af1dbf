"""The two steps of a login, and its end: what the slash commands and the command line stand on.

Step one writes a pending login and gives the link. Step two finds the pending login that the paste belongs to, takes it
out of the store in one locked step, posts the code, and writes the credential under the tenant's lock. From the taking
on the work no longer belongs to the caller: one that is cancelled, or a Discord that cuts the line, does not stop it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from oauth import credential
from oauth import pending as pendings
from oauth import status as states
from oauth.catalogue import Catalogue
from oauth.driver import Driver
from oauth.errors import (
    NoPendingLoginError,
    NotLoggedInError,
    OAuthError,
    UnknownVendorError,
    VendorUnavailableError,
    WhichLoginError,
)
from oauth.jobs import Jobs
from oauth.paste import DeniedRedirectError, Expected, Paste, match, read_paste
from oauth.pending import PendingLogin
from oauth.pkce import new_state, new_verifier
from oauth.reply import Grant
from oauth.status import LoginState, Status
from oauth.tenant_lock import LOCK_WAIT, tenant_lock
from oauth.vendor import Vendor
from storage import AsyncStore
from storage.draft import Draft
from storage.entries import PENDING_LIFETIME, Entry, PendingEntry, Tenant, TokenEntry, UserId
from storage.errors import OpenabAuthError
from storage.notes import Note
from storage.secret import Secret

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoginOffer:
    """Step one: the link to open, and until when (unix seconds) its paste is taken."""

    vendor: Vendor
    url: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Step two is done; `replaced` is the account that was logged in there before, when it was another one."""

    vendor: Vendor
    expires_at: int
    account: str | None
    replaced: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The login is gone from the store; `note` says why the vendor was not told, when it should have been."""

    tenant: Tenant
    revoked: bool
    removed: bool
    note: str | None = None


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
        lock_wait: float = LOCK_WAIT,
    ) -> None:
        self._catalogue = catalogue
        self._store = store
        self._driver = driver
        self._clock = clock
        self._max_pending = max_pending
        self._lock_wait = lock_wait
        self._jobs = Jobs()
        self._closing = asyncio.Event()

    async def begin(self, vendor: str, user: UserId, *, replace: bool = False) -> LoginOffer:
        """Step one: write the pending login and give the link. A former link of this person at this vendor ends.

        Raises:
            UnknownVendorError: not offered here, or not by a link and a paste.
            LoginTakenError: another person's login is there; `replace` says that it may go.
            TooManyLoginsError: finish or cancel one first.
            VendorUnavailableError, VendorMisconfiguredError: its endpoints could not be discovered.
        """
        chosen = self._catalogue.get(vendor)
        if chosen.flow != "pkce":
            raise UnknownVendorError(vendor, tuple(one.name for one in self._catalogue.offered() if one.flow == "pkce"))
        chosen = await self._driver.resolve(chosen)
        entry = PendingEntry(
            verifier=new_verifier(),
            state=new_state(),
            token_url=chosen.token_url,
            provider_name=chosen.name,
            created_at=int(self._clock()),
        )

        def write(draft: Draft) -> None:
            if not replace:
                credential.check_not_taken(draft, draft.notes, chosen.tenant, user)
            pendings.begin(draft, user, entry, limit=self._max_pending, now=self._clock())

        await self._store.update(write)
        return LoginOffer(chosen, self._driver.authorize_url(chosen, entry), entry.created_at + PENDING_LIFETIME)

    async def complete(self, paste: str, user: UserId, vendor: str | None = None) -> LoggedIn:
        """Step two: take the pending login that the paste belongs to, trade its code, and store the credential.

        Raises:
            PasteRefusedError: the paste does not end this login; unless the person denied it, it still waits.
            NoPendingLoginError: nothing waits for it, or it was used already.
            LoginTakenError: another person has logged in there since the link was made.
            ExchangeRefusedError, VendorUnavailableError, VendorMisconfiguredError: the vendor gave no credential.
            StorageError: the credential could not be written.
        """
        text = read_paste(paste)
        login, entry = _belonging(await self._mine(user, vendor), text, vendor)
        chosen = await self._driver.resolve(self._catalogue.get(login.vendor))
        expected = Expected(
            redirect_uri=chosen.redirect_uri,
            state=entry.state,
            authorize_url=chosen.authorize_url,
            issuer=chosen.issuer,
        )
        try:
            code = match(text, expected)
        except DeniedRedirectError as denied:
            if denied.ends_login:
                await self._take(login, entry)
            raise
        credential.check_not_taken(
            await self._store.read(), await self._store.notes(), chosen.tenant, user, since=login.created_at
        )
        return await self._jobs.finish(self._finish(chosen, login, entry, code))

    async def cancel(self, user: UserId, vendor: str | None = None) -> Vendor:
        """Forget a pending login, the only one when no vendor is named.

        Raises:
            NoPendingLoginError: none waits.
            WhichLoginError: several wait, and no vendor is named.
        """
        mine = await self._mine(user, vendor)
        if not mine:
            raise NoPendingLoginError(vendor)
        if len(mine) > 1:
            raise WhichLoginError(tuple(sorted(login.vendor for login, _ in mine)))
        login, entry = mine[0]
        chosen = self._catalogue.get(login.vendor)
        await self._take(login, entry)
        return chosen

    async def pending(self, user: UserId) -> tuple[PendingLogin, ...]:
        """The logins that wait for this person's paste."""
        return tuple(login for login, _ in await self._mine(user, None))

    async def status(self) -> Status:
        """Everything that is logged in or waits, and what is wrong with the store."""
        return states.read_status(
            await self._store.read(),
            await self._store.notes(),
            tuple(await self._store.problems()),
            catalogue=self._catalogue,
            now=self._clock(),
        )

    async def login_state(self, vendor: str) -> LoginState | None:
        """The login of one vendor or tenant, or None when nobody is logged in there."""
        return states.login_state(
            self._catalogue.tenant_of(vendor),
            await self._store.read(),
            await self._store.notes(),
            catalogue=self._catalogue,
            now=self._clock(),
        )

    async def logout(self, tenant_or_vendor: str, *, revoke: bool) -> LoggedOut:
        """Remove a login here; with `revoke`, have the vendor end it first, as far as it answers.

        Raises:
            NotLoggedInError: nobody is logged in there.
            StorageError: it could not be removed.
        """
        return await self._jobs.finish(self._log_out(self._catalogue.tenant_of(tenant_or_vendor), revoke=revoke))

    async def aclose(self) -> None:
        """Wait for the logins and logouts under way; nobody waits for a tenant's lock any longer."""
        self._closing.set()
        await self._jobs.aclose()

    async def _finish(self, vendor: Vendor, login: PendingLogin, entry: PendingEntry, code: Secret) -> LoggedIn:
        await self._take(login, entry)
        try:
            grant = await self._driver.exchange(vendor, code, entry)
        except VendorUnavailableError as error:
            if not error.sent:
                await self._store.update(lambda draft: pendings.put_back(draft, login.vendor, login.user, entry))
            raise
        note = Note(
            account=grant.account,
            logged_in_by=login.user,
            logged_in_at=int(self._clock()),
            scopes=grant.scopes or vendor.scopes,
        )
        async with tenant_lock(self._store, vendor.tenant, wait=self._lock_wait, hurry=self._closing):
            before = await self._store.update(
                lambda draft: credential.write(draft, vendor, entry.token_url, grant, note)
            )
        account = grant.account or await self._late_account(vendor, grant)
        replaced = before if account and before != account else None
        return LoggedIn(vendor, grant.expires_at, account, replaced)

    async def _late_account(self, vendor: Vendor, grant: Grant) -> str | None:
        """The label from userinfo, asked only once the credential is safe: it must not cost a login."""
        try:
            account = await self._driver.account(vendor, grant)
            if account is not None:
                await self._store.update(
                    partial(credential.name_account, tenant=vendor.tenant, grant=grant, account=account)
                )
        except OpenabAuthError as error:
            _log.info("no account label for %s: %s", vendor.name, error)
            return None
        return account

    async def _log_out(self, tenant: Tenant, *, revoke: bool) -> LoggedOut:
        async with tenant_lock(self._store, tenant, wait=self._lock_wait, hurry=self._closing):
            entry = (await self._store.read()).get(tenant)
            if entry is None:
                raise NotLoggedInError(tenant)
            revoked, note = await self._revoke(tenant, entry) if revoke else (False, None)
            removed = await self._store.update(lambda draft: credential.remove(draft, tenant))
        return LoggedOut(tenant, revoked, removed, note)

    async def _revoke(self, tenant: Tenant, entry: Entry) -> tuple[bool, str | None]:
        vendor = self._catalogue.find(tenant)
        if vendor is None or not isinstance(entry, TokenEntry):
            return False, "no vendor of this name is configured here, so nobody could be told"
        token, hint = (
            (entry.refresh_token, "refresh_token") if entry.refresh_token else (entry.access_token, "access_token")
        )
        try:
            if await self._driver.revoke(vendor, token, hint=hint):
                return True, None
        except OAuthError as error:
            return False, error.happened
        return False, f"{vendor.title} offers no way to end a login from here; end it in the account's own settings"

    async def _mine(self, user: UserId, vendor: str | None) -> list[tuple[PendingLogin, PendingEntry]]:
        name = None if vendor is None else self._catalogue.get(vendor).name
        found = pendings.live(await self._store.read(), self._clock(), user)
        return [(login, entry) for login, entry in found if name in (None, login.vendor)]

    async def _take(self, login: PendingLogin, entry: PendingEntry) -> None:
        await self._store.update(lambda draft: pendings.take(draft, login.vendor, login.user, entry, now=self._clock()))


def _belonging(
    mine: list[tuple[PendingLogin, PendingEntry]], text: Paste, vendor: str | None
) -> tuple[PendingLogin, PendingEntry]:
    """The login whose state the paste carries, else the newest one: against it the paste is then explained."""
    if not mine:
        raise NoPendingLoginError(vendor)
    matching = [pair for pair in mine if text.has_state(pair[1].state)]
    return matching[0] if matching else max(mine, key=lambda pair: pair[0].created_at)
