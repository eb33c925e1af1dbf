"""Store a finished login under its tenant's lease, whichever flow it went through."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias

from openab_auth.oauth.client import Driver, OAuthClient, TokenResponse
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.entries.same_account import check_stored_once
from openab_auth.oauth.entries.unsaved import UnsavedLogins
from openab_auth.oauth.entries.unsaved_login import OvertakenError, UnsavedLogin
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
from openab_auth.oauth.flows import vendor_entry
from openab_auth.oauth.flows.commits import Commits
from openab_auth.oauth.flows.exchange.exchange import Exchange
from openab_auth.oauth.flows.exchange.registry import exchange_of
from openab_auth.oauth.flows.login_result import LoginResult
from openab_auth.oauth.http.interrupt import undisturbed
from openab_auth.oauth.notices import Replacement
from openab_auth.oauth.vendors import CurrentCatalogue, Vendor
from openab_auth.storage import AsyncStore
from openab_auth.storage.commit.draft import Draft, uncommitted_draft
from openab_auth.storage.commit.mutation import Mutation
from openab_auth.storage.entries import Entry, LoginEntry, Tenant
from openab_auth.storage.errors import words_of
from openab_auth.storage.records.notes import Note, Subject
from openab_auth.storage.secret import Secret
from openab_auth.storage.store import Store

WriteLogin: TypeAlias = Callable[[Draft, Vendor, str, TokenResponse, Note], str | None]
"""Writes the entry of a login and its note, given its token endpoint; returns the label of the former account."""

_log: Final = logging.getLogger(__name__)


class LoginWriter:
    """Stores the logins that vendors and MCP servers give; `clock` gives unix seconds.

    `current` holds the config's catalogue: the entries of added servers name their clients themselves.
    """

    def __init__(
        self,
        current: CurrentCatalogue,
        store: AsyncStore,
        driver: Driver,
        commits: Commits,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._current = current
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
        *,
        write: WriteLogin = vendor_entry.write,
        also: Callable[[Draft], None] | None = None,
        when_cancelled: Callable[[], Awaitable[None]] | None = None,
    ) -> LoginResult:
        """Store the token response of `login`; it replaces the tenant's former login.

        `write` writes its entry. `also` makes its changes in the same step; if it raises, nothing is stored.
        `when_cancelled` runs if the login was cancelled: now, or later if the login was in memory for a while.

        Raises:
            LoginOvertakenError: another person's login came in, and nobody was asked about it; the new login is lost.
            AccountStoredError: the vendor account is stored under another label, and nobody agreed; it is lost, too.
            LoginNotStoredError: neither the store nor its journal took the login in time; it is in memory.
            PlanMissingError, ExchangeRefusedError, VendorMisconfiguredError: the vendor refused the second step.
        """
        replacement = Replacement(vendor.tenant, login.user, login.generation)

        def write_login(draft: Draft, tokens: TokenResponse, token_url: str) -> str | None:
            if also:
                also(draft)
            # Two logins exist now, and one must go. The login that agents may use already stays. The new login is not
            # revoked: both may be of one account, and some vendors would end the other login with it. For this reason,
            # the new login is not revoked either where its account is stored under another label.
            login_entry.check_not_taken(draft, draft.notes, vendor.tenant, login.user, agreed=login.begun.replaces)
            replacement.note(draft, self._clock())
            token = tokens.refresh_token or Secret("")
            note = Note(
                account=tokens.account,
                logged_in_by=login.user,
                logged_in_at=int(self._clock()),
                scopes=tokens.scopes or vendor.scopes,
                generation=login.generation,
                subject=Subject(tokens.subject, token.fingerprint()) if tokens.subject else None,
            )
            # The journal may have stored this very login, and the rest of it follows now.
            there = draft.notes.get(vendor.tenant, Note())
            replaces = login_entry.has_login(draft, vendor.tenant) or there.generation == login.generation
            before = write(draft, vendor, token_url, tokens, note)
            check_stored_once(draft, vendor, login, there if replaces else None, self._current.now)
            return before

        async def drop(reason: OAuthError) -> None:
            if when_cancelled is not None and isinstance(reason, NoPendingLoginError):
                await when_cancelled()

        client = undisturbed(lambda: replace(vendor.client(), token_url=token_url))
        exchange = exchange_of(vendor)
        commit = partial(write_login, token_url=exchange.token_url(client))
        before: str | None = None
        try:
            async with self._unsaved.owner() as owner:
                if unexchanged := exchange.unexchanged(tokens, now=self._clock()):
                    owner.hold(_unsaved_login(vendor.tenant, partial(commit, tokens=unexchanged), drop))
                    tokens = await self._exchange(exchange, client, tokens, unexchanged)
                commit = partial(commit, tokens=tokens)
                owner.hold(_unsaved_login(vendor.tenant, commit, drop))
                async with self._commits.lease(vendor.tenant):
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
        lacks_project = await self._commits.unless_closing(self._lacks_project(exchange, client, tokens))
        return LoginResult(vendor, tokens.expires_at, account, replaced, bool(lacks_project))

    async def aclose(self) -> None:
        """Try for some more seconds to store the logins that no disk has taken yet."""
        await self._unsaved.aclose()

    async def _exchange(
        self, exchange: Exchange, client: OAuthClient, tokens: TokenResponse, unexchanged: TokenResponse
    ) -> TokenResponse:
        """Make the second step: return the token that agents use in place of the token that the login gave.

        While the vendor is unavailable, the login is stored `unexchanged`; the next refresh makes the step.
        """
        try:
            return await exchange.request(self._driver, client, tokens, now=self._clock())
        except LoginDeadError as error:
            raise ExchangeRefusedError(client.name, error.reason) from None
        except VendorUnavailableError as error:
            _log.warning("%s: the login is stored; its token follows with the first refresh: %s", client.name, error)
            return unexchanged

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

    async def _lacks_project(self, exchange: Exchange, client: OAuthClient, tokens: TokenResponse) -> bool:
        """Ask for the account's project, once the login is safe: the request must not cost a login."""
        try:
            return await exchange.lacks_project(self._driver, client, tokens, now=self._clock())
        except Exception as error:  # noqa: BLE001 - the login is stored, whatever fails now
            _log.info("%s: could not learn whether the account has a project: %s", client.name, words_of(error))
            return False


def _unsaved_login(
    tenant: Tenant, write: Mutation[str | None], drop: Callable[[OAuthError], Awaitable[None]]
) -> UnsavedLogin:
    """Return the login that `write` commits; the journal keeps it under the conditions that `write` makes."""
    spilled: Entry | None = None

    def spill_to_journal(store: Store) -> None:
        nonlocal spilled
        entries = store.read()
        draft = uncommitted_draft(entries, store.records)
        write(draft)
        entry, before = draft[tenant], entries.get(tenant)
        assert isinstance(entry, LoginEntry)  # noqa: S101 - `write` makes logins
        replaces = before if isinstance(before, LoginEntry) else None
        if not store.spill(tenant, entry, replaces, draft.notes[tenant]):
            raise OvertakenError
        spilled = entry

    def commit_from_journal(draft: Draft) -> None:
        """Write the login again, now with its client, unless another login came in."""
        if spilled is not None and draft.get(tenant) == spilled:
            del draft[tenant]
            write(draft)

    return UnsavedLogin(
        tenant=tenant, commit=write, spill=spill_to_journal, commit_from_journal=commit_from_journal, drop=drop
    )
