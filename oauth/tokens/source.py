"""Valid access tokens for agents, read from the store; an expired token is refreshed once for all callers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

from openab_auth.oauth.accounts import Account, not_logged_in
from openab_auth.oauth.entries import REFRESH_DEADLINE, SKEW, AccessToken, UnsavedLogins, end_rejected, read_login
from openab_auth.oauth.errors import (
    NetworkVariableError,
    NotLoggedInError,
    OAuthError,
    RefreshBusyError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads.which_thread import thread_in
from openab_auth.oauth.tokens.account_choice import AccountChoice
from openab_auth.oauth.tokens.missing_logins import MissingLogins
from openab_auth.oauth.tokens.shared_refreshes import SharedRefreshes
from openab_auth.storage import AsyncStore, Entry, LoginEntry, Secret, StorageError, Store, Tenant, TokenEntry
from openab_auth.storage.mirror_mark import refuse_in_mirror

if TYPE_CHECKING:
    from datetime import datetime

    from openab_auth.oauth.client import Driver
    from openab_auth.oauth.errors import InsufficientScopeError
    from openab_auth.oauth.threads import ChosenAccount
    from openab_auth.oauth.tokens.broker import BrokerTokenSource
    from openab_auth.oauth.tokens.httpx_auth import TokenAuth
    from openab_auth.oauth.vendors import Catalogue

T = TypeVar("T")
_TEMPORARY: Final = (VendorUnavailableError, VendorMisconfiguredError, RefreshBusyError, NetworkVariableError)


class TokenSource:
    """Valid access tokens of one store; use one for each process.

    Use it as an async context manager, or call `aclose`: an event loop that ends during a refresh loses the new token.
    Without a `catalogue` and a `driver` they are made from the config and the environment when a refresh or a vendor's
    name first needs them. A `Runtime` in place of the store brings its own catalogue, driver and clock, and stays open.
    `clock` gives unix seconds. `deadline` (seconds) bounds a refresh, and the wait for a refresh by another process.

    `thread` is the id of the Discord thread in which the agent works; without it, the environment names the thread.
    Where a thread is known, a word means the account that may serve the thread, and an `Account` still means itself.

    Raises:
        ThreadIdError: `thread` or OPENAB_AUTH_THREAD is no id.
    """

    def __init__(  # noqa: PLR0913 - what replaces the parts of a runtime, and what the agent is
        self,
        store: Store | AsyncStore | Runtime,
        *,
        catalogue: Catalogue | None = None,
        driver: Driver | None = None,
        clock: Callable[[], float] = time.time,
        deadline: float = REFRESH_DEADLINE,
        thread: int | str | None = None,
    ) -> None:
        self._owns_runtime = not isinstance(store, Runtime)
        self._runtime = store if isinstance(store, Runtime) else Runtime(store, catalogue, driver, clock)
        self._store, self._clock = self._runtime.store, self._runtime.clock
        self._thread = thread_in(self._runtime.environ, thread, "thread")
        self._accounts = AccountChoice(self._runtime, self._thread)
        self._missing = MissingLogins(self._runtime, self._thread)
        self._unsaved = UnsavedLogins(self._store)
        self._refreshes = SharedRefreshes(self._store, self._runtime, self._unsaved, deadline=deadline)
        self._audiences: dict[Tenant, tuple[LoginEntry, str]] = {}

    @staticmethod
    def at(address: str, *, key: Secret | str | None = None, thread: int | str | None = None) -> BrokerTokenSource:
        """Return a source at a broker, with the methods of a source on a store (`docs/how-to/broker.md`).

        `address` is `unix:` and the absolute path of a socket, or an https address; http is for loopback alone. With a
        `key`, the thread is that of the key unless `thread` names it; otherwise the environment may name it.

        Raises:
            BrokerSettingError: the address or the key is unusable.
            ThreadIdError: `thread` or OPENAB_AUTH_THREAD is no id.
        """
        from openab_auth.oauth.tokens.broker import BrokerTokenSource, read_address, read_key  # noqa: PLC0415 - httpx2

        return BrokerTokenSource(read_address(address), read_key(key), os.environ, thread=thread)

    @property
    def store(self) -> AsyncStore:
        """Return the store that this source reads."""
        return self._store

    async def get_valid(
        self, tenant_or_vendor: str | Account, *, min_ttl: float = SKEW, wait: float = 0
    ) -> AccessToken:
        """Return a token that lives for more than `min_ttl` seconds, refreshed first if necessary.

        `tenant_or_vendor` is a word, which means a vendor, a tenant or an MCP server, or the `Account` that it means.

        If the login is missing or dead and a thread is known, ask for it in the thread, and wait up to `wait` seconds
        for a person to log in. Without waiting, `ask = false` in the config turns the question off.

        If the refresh fails, return the stored token if it lives for more than two minutes. After a temporary failure
        (an outage, a busy lease, a full disk, a refused client, an unusable proxy), return it until it expires.

        Raises:
            NotLoggedInError: nobody is logged in there, or no account may serve the thread yet.
            AccountNotForThreadError: the thread may not use the account that `tenant_or_vendor` names.
            LoginDeadError: the vendor will not renew this login.
            RefreshBusyError: another process refreshes and did not finish in time.
            VendorUnavailableError: the vendor gave no usable answer.
            VendorMisconfiguredError: the vendor refuses our client, or no vendor of this name is configured here.
            ConfigError: the config, which a refresh or a vendor's name needs, has mistakes.
            NetworkVariableError: a variable about proxies or certificates is unusable; nothing was sent.
            StorageError: the store cannot be read or written.
        """
        return await self._missing.ask_and_get(
            tenant_or_vendor, wait, lambda: self._get_valid(tenant_or_vendor, min_ttl)
        )

    async def get_chosen(
        self, tenant_or_vendor: str, *, min_ttl: float = SKEW, wait: float = 0
    ) -> tuple[ChosenAccount, AccessToken]:
        """Return the account that a word means for this source, and why, with its token; see `get_valid`."""

        async def choose() -> tuple[ChosenAccount, AccessToken]:
            chosen = await self.account_for(tenant_or_vendor)
            return chosen, await self._get_valid(chosen.account, min_ttl)

        return await self._missing.ask_and_get(tenant_or_vendor, wait, choose)

    async def _get_valid(self, word: str | Account, min_ttl: float) -> AccessToken:
        account, entry = await self._find(word)
        token = AccessToken.of(entry)
        if self._lives(token, min_ttl):
            return token
        try:
            return await self._refreshes.successor(account.tenant, entry)
        except NotLoggedInError:
            raise  # the login was removed meanwhile, and its token must not be used any more
        except Exception as error:
            final = isinstance(error, OAuthError) and not isinstance(error, _TEMPORARY)
            if self._lives(token, SKEW if final else 0):
                return token
            raise

    async def account_for(self, tenant_or_vendor: str) -> ChosenAccount:
        """Return the account that a word means for this source, and why; it may have no login.

        Raises:
            AccountNotForThreadError, NotLoggedInError, ConfigError, StorageError: as `get_valid`.
        """
        return await self._accounts.choose(tenant_or_vendor, await self._entries_for(tenant_or_vendor))

    async def force_refresh(
        self, tenant_or_vendor: str | Account, rejected: AccessToken | Secret | str | None = None
    ) -> AccessToken:
        """Return another token than `rejected`, which a server refused; refresh only if it is still the stored one.

        Without `rejected`, renew the stored token now, even if other processes wait after a failure.

        Raises:
            OAuthError: as `get_valid`.
            StorageError: as `get_valid`.
        """
        account, entry = await self._find(tenant_or_vendor)
        token = AccessToken.of(entry)
        if rejected is not None and token.value != AccessToken.value_in(rejected) and self._lives(token, SKEW):
            return token
        if rejected is not None and token.value == AccessToken.value_in(rejected) and not entry.refresh_token:
            await self._store.run(refuse_in_mirror)
            ending = partial(end_rejected, tenant=account.tenant, rejected=token.value, now=self._clock())
            with suppress(StorageError):  # the caller learns below that this login has ended
                await self._store.update(ending)
        return await self._refreshes.successor(account.tenant, entry, deliberate=rejected is None)

    def living(self, account: Account, entries: Mapping[str, Entry], min_ttl: float) -> AccessToken | None:
        """Return the token of an account among these entries, if it lives for more than `min_ttl` seconds."""
        entry = entries.get(account.tenant)
        if not isinstance(entry, LoginEntry):
            return None
        token = AccessToken.of(self._unsaved.newest(account.tenant, entry))
        return token if self._lives(token, min_ttl) else None

    def has_renewed(self, account: Account, token: AccessToken) -> bool:
        """Return whether this source renewed the login to get `token`, instead of finding it in the store."""
        return self._refreshes.has_renewed(account.tenant, token)

    def auth(self, tenant_or_vendor: str) -> TokenAuth:
        """Return an `Auth` for `httpx2.AsyncClient(auth=…)`: it sends the token, and repeats a request after a 401."""
        from openab_auth.oauth.tokens.httpx_auth import TokenAuth  # noqa: PLC0415 - httpx2 is heavy; the caller has it

        return TokenAuth(self, tenant_or_vendor)

    async def server_url(self, tenant_or_vendor: str) -> str | None:
        """Return the only address to which the token of an MCP server may go; None for a vendor's token.

        Raises:
            UnknownVendorError: nobody knows which server the login belongs to.
            NotLoggedInError, ConfigError, StorageError: as `get_valid`.
        """
        account, entry = await self._find(tenant_or_vendor)
        if isinstance(entry, TokenEntry):
            return None
        known = self._audiences.get(account.tenant)
        if known is None or known[0] is not entry:  # an agent asks before each request; nothing has changed since
            known = self._audiences[account.tenant] = entry, await self._audience(account)
        return known[1]

    async def _audience(self, account: Account) -> str:
        from openab_auth.oauth.mcp import audience_of  # noqa: PLC0415 - no vendor's token needs it

        catalogue = await self._runtime.load_catalogue()
        return audience_of(account, catalogue, (await self._store.clients()).get(account.tenant))

    async def demand(self, tenant_or_vendor: str, scopes: tuple[str, ...]) -> InsufficientScopeError:
        """Note that a server wants these scopes, so that the next login asks for them; return the error to raise.

        Raises:
            NotLoggedInError, ConfigError, StorageError: as `get_valid`.
        """
        from openab_auth.oauth.mcp import note_demand  # noqa: PLC0415 - needed once in a login's life

        account, _ = await self._find(tenant_or_vendor)
        server = (await self._runtime.load_catalogue()).server_of(account.tenant)
        return await self._store.update(lambda draft: note_demand(draft, account.tenant, server, scopes))

    async def limited(self, tenant_or_vendor: str | Account, *, until: float | datetime) -> Account:
        """Record that the vendor limits an account until a time, and return the account; nothing switches by itself.

        `until` is in unix seconds, or a date; a date without a time zone is in UTC. A time in the past ends the limit.

        Raises:
            ValueError: `until` is no time.
            NotLoggedInError, AccountNotForThreadError, ConfigError, StorageError: as `get_valid`.
        """
        from openab_auth.oauth.notices.limits import note_limit, unix_time  # noqa: PLC0415 - no token needs it

        end, (account, _) = unix_time(until), await self._find(tenant_or_vendor)
        await self._store.update(partial(note_limit, login=account.tenant, until=end, now=self._clock()))
        return account

    async def aclose(self) -> None:
        """Wait for the running refreshes, so that no rotated token is lost, and close.

        Callers who wait for another process's refresh get a `RefreshBusyError`.
        """
        await self._refreshes.aclose()
        await self._unsaved.aclose()
        await self._store.aclose()
        if self._owns_runtime:
            await self._runtime.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _find(self, word: str | Account) -> tuple[Account, LoginEntry]:
        """Return the login in the store; without a thread, the config is read only if `word` is no key of a login."""
        try:
            entries = await self._entries_for(word)
        except (OSError, StorageError):
            account = await self._account(word, {})
            if kept := self._unsaved.only_here(account.tenant):
                return account, kept
            raise
        account = await self._account(word, entries)
        try:
            stored = read_login(entries, account.tenant)
        except NotLoggedInError:
            raise not_logged_in(account, self._runtime.known_catalogue) from None
        return account, self._unsaved.newest(account.tenant, stored)

    async def _entries_for(self, word: str | Account) -> Mapping[str, Entry]:
        """Return the entries in the store, and load the config if it says what `word` means."""
        entries = await self._store.read()
        if isinstance(word, Account) or not self._accounts.needs_catalogue(word, entries):
            return entries
        await self._runtime.load_catalogue()
        return await self._store.read()

    async def _account(self, word: str | Account, entries: Mapping[str, Entry]) -> Account:
        return word if isinstance(word, Account) else await self._accounts.account(word, entries)

    def _lives(self, token: AccessToken, seconds: float) -> bool:
        return self._clock() + seconds < token.expires_at
