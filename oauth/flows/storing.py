"""Store a finished login under its tenant's lock, whichever flow it went through."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final

from openab_auth.oauth.client import Driver, OAuthClient, TokenResponse
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.entries.unsaved import UnsavedLogin, UnsavedLogins
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeadError,
    LoginNotStoredError,
    LoginOvertakenError,
    LoginTakenError,
    NoPendingLoginError,
    OAuthError,
    VendorUnavailableError,
)
from openab_auth.oauth.flows.commits import Commits
from openab_auth.oauth.flows.exchange.copilot import exchange_url, request_copilot_token
from openab_auth.oauth.flows.exchange.google_project import has_project
from openab_auth.oauth.flows.login_result import LoginResult
from openab_auth.oauth.mcp import server_entry
from openab_auth.oauth.mcp.binding import Binding
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import AsyncStore
from openab_auth.storage.draft import Draft, LazyRecords
from openab_auth.storage.entries import Entry, McpEntry, Tenant, TokenEntry
from openab_auth.storage.errors import words_of
from openab_auth.storage.records.notes import Note, Subject
from openab_auth.storage.secret import Secret
from openab_auth.storage.store import Mutation, Store

_log: Final = logging.getLogger(__name__)


class LoginWriter:
    """Stores the logins that vendors and MCP servers give; `clock` gives unix seconds."""

    def __init__(self, store: AsyncStore, driver: Driver, commits: Commits, *, clock: Callable[[], float]) -> None:
        self._store = store
        self._driver = driver
        self._commits = commits
        self._clock = clock
        self._unsaved = UnsavedLogins(store)

    async def store(  # noqa: PLR0913 - the end of a login
        self,
        vendor: Vendor,
        token_url: str,
        tokens: TokenResponse,
        login: PendingLogin,
        binding: Binding | None = None,
        *,
        also: Callable[[Draft], None] | None = None,
        when_cancelled: Callable[[], Awaitable[None]] | None = None,
    ) -> LoginResult:
        """Store the token response of `login`; it replaces the tenant's former login. An MCP server has a `binding`.

        `also` makes its changes in the same step; if it raises, nothing is stored. `when_cancelled` runs when it finds
        that the login was cancelled: now, or later, when the login was in memory for a while.

        Raises:
            LoginOvertakenError: another person's login came in, and nobody was asked about it; the new login is lost.
            LoginNotStoredError: neither the store nor its journal took the login in time; it is in memory.
            PlanMissingError, ExchangeRefusedError, VendorMisconfiguredError: the vendor refused the second step.
        """

        def write(draft: Draft, tokens: TokenResponse, token_url: str) -> str | None:
            if also:
                also(draft)
            # Two logins exist now, and one must go. The login that agents may use already stays. The new login is not
            # revoked: both may be of one account, and some vendors would end the other login with it.
            login_entry.check_not_taken(draft, draft.notes, vendor.tenant, login.user, agreed=login.begun.replaces)
            token = tokens.refresh_token or Secret("")
            note = Note(
                account=tokens.account,
                logged_in_by=login.user,
                logged_in_at=int(self._clock()),
                scopes=tokens.scopes or vendor.scopes,
                generation=login.generation,
                subject=Subject(tokens.subject, token.fingerprint()) if tokens.subject else None,
            )
            if binding:
                return server_entry.write(draft, binding, vendor, tokens, note)
            return login_entry.write(draft, vendor, token_url, tokens, note)

        async def drop(reason: OAuthError) -> None:
            if when_cancelled is not None and isinstance(reason, NoPendingLoginError):
                await when_cancelled()

        client = replace(vendor.client(), token_url=token_url)
        before: str | None = None
        try:
            async with self._unsaved.owner() as owner:
                if vendor.exchange == "github-copilot":
                    unexchanged, url = self._unexchanged(tokens), exchange_url(client)
                    owner.hold(_response(vendor.tenant, partial(write, tokens=unexchanged, token_url=url), drop))
                    tokens, token_url = await self._exchange(client, tokens), url
                commit = partial(write, tokens=tokens, token_url=token_url)
                owner.hold(_response(vendor.tenant, commit, drop))
                async with self._commits.locked(vendor.tenant):
                    before = await self._commits.persist(commit, vendor.name)
        except LoginTakenError as taken:
            raise LoginOvertakenError(taken) from None
        except NoPendingLoginError as cancelled:
            await drop(cancelled)
            raise
        if owner.error is not None and not owner.journaled:
            raise LoginNotStoredError(vendor.name, owner.error)
        account = tokens.account or await self._commits.unless_closing(self._late_account(client, tokens))
        replaced = before if account and before != account else None
        unknown = vendor.exchange == "google-code-assist" and self._lacks_project(client, tokens)
        lacks_project = bool(unknown and await self._commits.unless_closing(unknown))
        return LoginResult(vendor, tokens.expires_at, account, replaced, lacks_project)

    async def aclose(self) -> None:
        """Try for some more seconds to store the logins that no disk has taken yet."""
        await self._unsaved.aclose()

    def _unexchanged(self, tokens: TokenResponse) -> TokenResponse:
        """Return a token response whose token has expired, so that the first refresh makes the second step."""
        return TokenResponse(Secret(""), tokens.access_token, int(self._clock()))

    async def _exchange(self, client: OAuthClient, tokens: TokenResponse) -> TokenResponse:
        """Make the second step: return the token that agents use in place of the token that the login gave.

        While the vendor is unavailable, the login is stored with an expired token; the next refresh makes the step.
        """
        url = exchange_url(client)
        try:
            return await request_copilot_token(self._driver, client, tokens.access_token, url, now=self._clock())
        except LoginDeadError as error:
            raise ExchangeRefusedError(client.name, error.reason) from None
        except VendorUnavailableError as error:
            _log.warning("%s: the login is stored; its token follows with the first refresh: %s", client.name, error)
            return self._unexchanged(tokens)

    async def _late_account(self, client: OAuthClient, tokens: TokenResponse) -> str | None:
        """Ask userinfo for the account label, once the login is safe: the request must not cost a login."""
        try:
            account = await self._driver.account(client, tokens)
            if account is not None:
                await self._store.update(
                    partial(login_entry.name_account, tenant=client.tenant, tokens=tokens, account=account)
                )
        except Exception as error:  # noqa: BLE001 - the login is stored, whatever fails now
            _log.info("no account label for %s: %s", client.name, words_of(error))
            return None
        return account

    async def _lacks_project(self, client: OAuthClient, tokens: TokenResponse) -> bool:
        """Ask for the account's project, once the login is safe: the request must not cost a login."""
        try:
            return not await has_project(self._driver, client, tokens, now=self._clock())
        except Exception as error:  # noqa: BLE001 - the login is stored, whatever fails now
            _log.info("%s: could not learn whether the account has a project: %s", client.name, words_of(error))
            return False


def _response(
    tenant: Tenant, write: Mutation[str | None], drop: Callable[[OAuthError], Awaitable[None]]
) -> UnsavedLogin:
    """Return what `write` stores as a response that the journal can keep, under the conditions that `write` makes."""
    spilled: Entry | None = None

    def spill(store: Store) -> None:
        nonlocal spilled
        entries = store.read()
        draft = Draft(entries, store.notes(), LazyRecords(store.clients), LazyRecords(store.servers))
        write(draft)
        entry, before = draft[tenant], entries.get(tenant)
        assert isinstance(entry, TokenEntry | McpEntry)  # noqa: S101 - `write` makes logins
        replaces = before.refresh_token if isinstance(before, TokenEntry | McpEntry) else None
        store.spill(tenant, entry, replaces, draft.notes[tenant])
        if store.read().get(tenant) != entry:
            raise _OvertakenError
        spilled = entry

    def fold(draft: Draft) -> None:
        """Write it again, now with its client, unless another login came in."""
        if spilled is not None and draft.get(tenant) == spilled:
            del draft[tenant]
            write(draft)

    return UnsavedLogin(tenant=tenant, commit=write, spill=spill, fold=fold, drop=drop)


class _OvertakenError(Exception):
    """Another login was committed while this one was written into the journal; the next try sees whose it is."""
