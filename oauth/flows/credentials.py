"""Logins stored and removed under their tenant's lock, whichever flow they came through."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from openab_auth.oauth.client import Driver, OAuthClient, TokenResponse
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.entries.generation import generation_of
from openab_auth.oauth.entries.pending import PendingLogin
from openab_auth.oauth.entries.tenant_lock import REFRESH_DEADLINE, tenant_lock
from openab_auth.oauth.entries.unsaved import Response, Unsaved
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeadError,
    LoginNotStoredError,
    LoginOvertakenError,
    LoginTakenError,
    NotLoggedInError,
    OAuthError,
    VendorUnavailableError,
)
from openab_auth.oauth.flows.code_assist import has_project
from openab_auth.oauth.flows.device.github import exchange_url, trade
from openab_auth.oauth.mcp import entry as server_entry
from openab_auth.oauth.mcp.binding import Binding
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import AsyncStore
from openab_auth.storage.draft import Draft, Lazy
from openab_auth.storage.entries import Entry, LoginEntry, McpEntry, Tenant, TokenEntry
from openab_auth.storage.errors import OpenabAuthError, StorageError
from openab_auth.storage.records.notes import Note, Subject
from openab_auth.storage.secret import Secret
from openab_auth.storage.store import Mutation, Store

T = TypeVar("T")
_RETRY: Final = 0.5  # seconds between two tries to store a login
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login is in the store; `replaced` is the account that was logged in there before, when it was another one.

    `lacks_project`: the account still needs a project before agents can use it. `elsewhere`: another process has
    stored it, and written that down.
    """

    vendor: Vendor
    expires_at: int
    account: str | None
    replaced: str | None = None
    lacks_project: bool = False
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The end of a logout; `note` says why the vendor was not told, when it should have been.

    Nothing was `removed` when the login was gone by then, or when another one had come in, which then `stands`. `left`
    tells each file that may still hold tokens of the login.
    """

    tenant: Tenant
    revoked: bool
    removed: bool
    note: str | None = None
    stands: bool = False
    left: tuple[str, ...] = ()


class Credentials:
    """Writes what vendors gave and removes what people end; `lock_wait` is in seconds.

    A refresh in flight ends first. A lock that cannot be had in time stops nobody: a person's login is never thrown
    away, and a refresh commits only over the refresh token that it posted.
    """

    def __init__(
        self, store: AsyncStore, driver: Driver, *, clock: Callable[[], float], lock_wait: float = REFRESH_DEADLINE
    ) -> None:
        self._store = store
        self._driver = driver
        self._clock = clock
        self._lock_wait = lock_wait
        self._unsaved = Unsaved(store)
        self._closing = asyncio.Event()

    async def keep(  # noqa: PLR0913 - what came of a login
        self,
        vendor: Vendor,
        token_url: str,
        grant: TokenResponse,
        login: PendingLogin,
        binding: Binding | None = None,
        *,
        also: Callable[[Draft], None] | None = None,
    ) -> LoggedIn:
        """Store a grant as what became of `login`; the former one of this tenant ends. An MCP server's has a `binding`.

        What `also` changes is changed in the same step; what it raises is raised, and nothing is stored.

        Raises:
            LoginOvertakenError: another person's login is there, and nobody was asked about it; the grant is let go.
            LoginNotStoredError: neither the store nor its journal took it for as long as one may wait; it is in memory.
            PlanMissingError, ExchangeRefusedError, VendorMisconfiguredError: the vendor's second step refused it.
        """

        def write(draft: Draft, grant: TokenResponse, token_url: str) -> str | None:
            if also:
                also(draft)
            # One of the two must go, and neither can be had twice: the one that agents may use already stays. This one
            # is not revoked: both may be of one account, and some vendors would end the other with it.
            login_entry.check_not_taken(draft, draft.notes, vendor.tenant, login.user, agreed=login.begun.replaces)
            token = grant.refresh_token or Secret("")
            note = Note(
                account=grant.account,
                logged_in_by=login.user,
                logged_in_at=int(self._clock()),
                scopes=grant.scopes or vendor.scopes,
                generation=login.generation,
                subject=Subject(grant.subject, token.fingerprint()) if grant.subject else None,
            )
            if binding:
                return server_entry.write(draft, binding, vendor, grant, note)
            return login_entry.write(draft, vendor, token_url, grant, note)

        client = replace(vendor.client(), token_url=token_url)
        before: str | None = None
        try:
            async with self._unsaved.owner() as owner:
                if vendor.exchange == "github-copilot":
                    untraded, url = self._untraded(grant), exchange_url(client)
                    owner.hold(_response(vendor.tenant, partial(write, grant=untraded, token_url=url)))
                    grant, token_url = await self._trade(client, grant), url
                commit = partial(write, grant=grant, token_url=token_url)
                owner.hold(_response(vendor.tenant, commit))
                async with self._locked(vendor.tenant):
                    before = await self._commit(vendor, commit)
        except LoginTakenError as taken:
            raise LoginOvertakenError(taken) from None
        if owner.error is not None and not owner.journaled:
            raise LoginNotStoredError(vendor.name, owner.error)
        account = grant.account or await self._unless_closing(self._late_account(client, grant))
        replaced = before if account and before != account else None
        unfinished = vendor.exchange == "google-code-assist" and self._lacks_project(client, grant)
        lacks_project = bool(unfinished and await self._unless_closing(unfinished))
        return LoggedIn(vendor, grant.expires_at, account, replaced, lacks_project)

    async def remove(self, tenant: Tenant, generation: str, client: OAuthClient | None, *, revoke: bool) -> LoggedOut:
        """Remove the login of this generation; with `revoke`, have its vendor end it first, as far as it answers.

        Raises:
            NotLoggedInError: nobody is logged in there.
            LoginChangedError: another login is there by now; nothing was revoked.
            StorageError: it could not be removed.
        """
        async with self._locked(tenant) as alone:
            try:
                entry = await self._store.update(partial(login_entry.the_login, tenant=tenant, generation=generation))
            except NotLoggedInError:
                await self._store.update(lambda _draft: None)  # a writer may have been killed with its tokens
                raise
            if revoke:
                await self._check_removable(entry)
            revoked, note = await self._revoke(client, entry) if revoke else (False, None)

            def remove(draft: Draft) -> LoggedOut:
                """Unless another login came in meanwhile; a refresh that we could not wait for is none."""
                same = generation_of(draft.get(tenant), draft.notes.get(tenant)) == generation
                removed = same and (draft.get(tenant) == entry or not alone) and login_entry.remove(draft, tenant)
                return LoggedOut(tenant, revoked, removed, note, stands=tenant in draft)

            done = await self._persist(remove, tenant) if revoked else await self._store.update(remove)
        return replace(done, left=tuple(problem.what for problem in await self._store.problems() if problem.ended))

    async def _check_removable(self, entry: LoginEntry) -> None:
        """Refuse to have the vendor end a login that could not be removed here afterwards.

        Raises:
            StorageError: the store could not be written, or what lies beside it not be read.
        """
        await self._store.check_writable()
        if isinstance(entry, McpEntry):
            await self._store.clients()  # its client goes with it

    async def _commit(self, vendor: Vendor, mutate: Mutation[str | None]) -> str | None:
        """Store what a vendor gave; a grant cannot be had twice."""
        try:
            return await self._persist(mutate, vendor.name)
        except StorageError as error:
            raise LoginNotStoredError(vendor.name, error) from error

    async def _persist(self, mutate: Mutation[T], name: str) -> T:
        """Commit what cannot be undone at the vendor: try again while the store is busy or full and one may wait.

        Raises:
            StorageError: the store did not take it in time.
        """
        deadline = time.monotonic() + self._lock_wait
        while True:
            try:
                return await self._store.update(mutate)
            except OAuthError:
                raise
            except Exception as error:
                if time.monotonic() >= deadline or self._closing.is_set():
                    raise
                words = str(error) if isinstance(error, StorageError) else type(error).__name__
                _log.warning("what the vendor of %s has done waits for the store: %s", name, words)
            await asyncio.sleep(_RETRY)

    def stop_waiting(self) -> None:
        """Wait for nobody's refresh any longer: the process is told to stop."""
        self._closing.set()

    async def aclose(self) -> None:
        """Try for some seconds more to store the logins that no disk has taken yet."""
        await self._unsaved.aclose()

    def _locked(self, tenant: Tenant) -> AbstractAsyncContextManager[bool]:
        return tenant_lock(self._store, tenant, wait=self._lock_wait, stopping=self._closing)

    async def _unless_closing(self, work: Coroutine[None, None, T]) -> T | None:
        """What `work` gives, or None when the process is told to stop meanwhile."""
        working, closing = asyncio.ensure_future(work), asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait((working, closing), return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            closing.cancel()

    def _untraded(self, grant: TokenResponse) -> TokenResponse:
        """Return a grant whose token has ended and is to be traded by the first refresh."""
        return TokenResponse(Secret(""), grant.access_token, int(self._clock()))

    async def _trade(self, client: OAuthClient, grant: TokenResponse) -> TokenResponse:
        """The second step: the token that agents use for the one that was given.

        While the vendor is out of order the login is kept with a token that has ended: the next refresh trades it.
        """
        try:
            return await trade(self._driver, client, grant.access_token, exchange_url(client), now=self._clock())
        except LoginDeadError as error:
            raise ExchangeRefusedError(client.name, error.reason) from None
        except VendorUnavailableError as error:
            _log.warning("%s: the login is kept, its token follows with the first refresh: %s", client.name, error)
            return self._untraded(grant)

    async def _late_account(self, client: OAuthClient, grant: TokenResponse) -> str | None:
        """The label from userinfo, asked only once the credential is safe: it must not cost a login."""
        try:
            account = await self._driver.account(client, grant)
            if account is not None:
                await self._store.update(
                    partial(login_entry.name_account, tenant=client.tenant, grant=grant, account=account)
                )
        except OpenabAuthError as error:
            _log.info("no account label for %s: %s", client.name, error)
            return None
        return account

    async def _lacks_project(self, client: OAuthClient, grant: TokenResponse) -> bool:
        """Asked once the credential is safe, as the label is: it must not cost a login."""
        try:
            return not await has_project(self._driver, client, grant, now=self._clock())
        except OpenabAuthError as error:
            _log.info("whether the account at %s has a project could not be learned: %s", client.name, error)
            return False

    async def _revoke(self, client: OAuthClient | None, entry: LoginEntry) -> tuple[bool, str | None]:
        if client is None:
            return False, "no vendor of this name is configured here, so nobody could be told"
        token, hint = (
            (entry.refresh_token, "refresh_token") if entry.refresh_token else (entry.access_token, "access_token")
        )
        try:
            if await self._driver.revoke(client, token, hint=hint):
                return True, None
        except OAuthError as error:
            return False, error.happened
        return False, f"{client.title} offers no way to end a login from here; end it in the account's own settings"


def _response(tenant: Tenant, write: Mutation[str | None]) -> Response:
    """Return what `write` stores as a response that the journal can keep, under the conditions that `write` makes."""
    spilled: Entry | None = None

    def spill(store: Store) -> None:
        nonlocal spilled
        entries = store.read()
        draft = Draft(entries, store.notes(), Lazy(store.clients), Lazy(store.servers))
        write(draft)
        entry, before = draft[tenant], entries.get(tenant)
        assert isinstance(entry, TokenEntry | McpEntry)  # noqa: S101 - `write` makes logins
        store.spill(tenant, entry, before.refresh_token if isinstance(before, TokenEntry | McpEntry) else None)
        if store.read().get(tenant) != entry:
            raise _OvertakenError
        spilled = entry

    def fold(draft: Draft) -> None:
        """Write it again, now with its note and its client, unless another login came in."""
        if spilled is not None and draft.get(tenant) == spilled:
            del draft[tenant]
            write(draft)

    return Response(tenant=tenant, commit=write, spill=spill, fold=fold)


class _OvertakenError(Exception):
    """Another login was committed while this one was written into the journal; the next try sees whose it is."""
