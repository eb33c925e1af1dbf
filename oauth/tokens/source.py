"""Valid access tokens for agents: read from the store, refreshed when they have to be, once for everybody."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from openab_auth.oauth.entries.login_entry import SKEW, login_of, tenant_of
from openab_auth.oauth.entries.tenant_lock import REFRESH_DEADLINE
from openab_auth.oauth.entries.unsaved import Unsaved
from openab_auth.oauth.errors import (
    NotLoggedInError,
    OAuthError,
    RefreshBusyError,
    UnknownVendorError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.http import Deadline
from openab_auth.oauth.tokens.adopt import supersedes
from openab_auth.storage import AsyncStore, LoginEntry, McpEntry, Secret, StorageError, Store, Tenant, TokenEntry
from openab_auth.storage.workers import in_thread

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver
    from openab_auth.oauth.errors import InsufficientScopeError
    from openab_auth.oauth.tokens.httpx_auth import TokenAuth
    from openab_auth.oauth.vendors import Catalogue


_log: Final = logging.getLogger(__name__)
_MAY_PASS: Final = (VendorUnavailableError, VendorMisconfiguredError, RefreshBusyError)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token to send as `Authorization: Bearer`; `value.reveal()` gives it, `expires_at` is in unix seconds."""

    value: Secret
    expires_at: int


class TokenSource:
    """Valid access tokens of one store; use one for each process.

    Use it as an async context manager, or call `aclose`: a loop that ends in mid-refresh loses the new token.
    Without a `catalogue` and a `driver` they are made from the config and the environment when a refresh or a vendor's
    name first needs them. `clock` gives unix seconds; `deadline` (seconds) bounds a refresh and the wait for others'.
    """

    def __init__(
        self,
        store: Store | AsyncStore,
        *,
        catalogue: Catalogue | None = None,
        driver: Driver | None = None,
        clock: Callable[[], float] = time.time,
        deadline: float = REFRESH_DEADLINE,
    ) -> None:
        self._store = store if isinstance(store, AsyncStore) else AsyncStore(store)
        self._catalogue = catalogue
        self._driver = driver
        self._owns_driver = driver is None
        self._clock = clock
        self._deadline = deadline
        self._unsaved = Unsaved(self._store)
        self._flights: dict[Tenant, asyncio.Task[LoginEntry]] = {}
        self._places: dict[Tenant, tuple[LoginEntry, str]] = {}  # where servers' logins may be sent
        self._hurry = asyncio.Event()

    @property
    def store(self) -> AsyncStore:
        """The store that it reads."""
        return self._store

    async def get_valid(self, tenant_or_vendor: str, *, min_ttl: float = SKEW) -> AccessToken:
        """A token that lives for more than `min_ttl` seconds, refreshed first if need be.

        When that fails, a token that lives for more than two minutes is served all the same, and what may pass or be
        mended (an outage, a busy lock, a full disk, a refused client) fails nobody before the token's very end.

        Raises:
            NotLoggedInError: nobody is logged in there.
            LoginDeadError: the vendor will not renew this login.
            RefreshBusyError: another process refreshes and did not finish in time.
            VendorUnavailableError: the vendor gave no usable answer.
            VendorMisconfiguredError: the vendor refuses our client, or no such vendor is configured here.
            ConfigError: the config, which a refresh or a vendor's name needs, has mistakes.
            StorageError: the store cannot be read or written.
        """
        tenant, entry = await self._find(tenant_or_vendor)
        token = _access(entry)
        if self._lives(token, min_ttl):
            return token
        try:
            return await self._successor(tenant, entry)
        except NotLoggedInError:
            raise  # who was logged out meanwhile must stop
        except Exception as error:
            final = isinstance(error, OAuthError) and not isinstance(error, _MAY_PASS)
            if self._lives(token, SKEW if final else 0):
                return token
            raise

    async def force_refresh(
        self, tenant_or_vendor: str, rejected: AccessToken | Secret | str | None = None
    ) -> AccessToken:
        """A token other than `rejected`, which a server has refused: refreshed only if that is still the stored one.

        Without `rejected` the stored token is renewed now, also where other processes' failures are a reason to wait.

        Raises:
            OAuthError: as `get_valid`.
            StorageError: as `get_valid`.
        """
        tenant, entry = await self._find(tenant_or_vendor)
        token = _access(entry)
        if rejected is not None and token.value != _secret(rejected) and self._lives(token, SKEW):
            return token
        return await self._successor(tenant, entry, deliberate=rejected is None)

    def auth(self, tenant_or_vendor: str) -> TokenAuth:
        """For `httpx2.AsyncClient(auth=…)`: attaches the token, and repeats a request once after a 401."""
        from openab_auth.oauth.tokens.httpx_auth import TokenAuth  # noqa: PLC0415 - httpx2 is heavy, and who asks for this has it already

        return TokenAuth(self, tenant_or_vendor)

    async def server_url(self, tenant_or_vendor: str) -> str | None:
        """Where the token of an MCP server may go, and nowhere else; None for a vendor's.

        Raises:
            UnknownVendorError: nobody knows for which server it is.
            NotLoggedInError, ConfigError, StorageError: as `get_valid`.
        """
        tenant, entry = await self._find(tenant_or_vendor)
        if isinstance(entry, TokenEntry):
            return None
        known = self._places.get(tenant)
        if known is None or known[0] is not entry:  # an agent asks before each of its requests
            self._places[tenant] = known = entry, await self._place(tenant, tenant_or_vendor)
        return known[1]

    async def _place(self, tenant: Tenant, word: str) -> str:
        """Where the login was made, whatever its name means by now; within that host the config may move it."""
        from openab_auth.oauth.http import origin_of  # noqa: PLC0415 - no vendor's token needs it

        catalogue = await self._configured()
        server = catalogue.server(tenant)
        operators = server.url if server and server.added_by is None else None
        record = (await self._store.clients()).get(tenant)
        recorded = record.facts.get("url") if record else None
        if not isinstance(recorded, str):
            if operators is None:
                raise UnknownVendorError(word, tuple(one.name for one in catalogue.offered()))
            return operators
        return operators if operators and origin_of(operators) == origin_of(recorded) else recorded

    async def demand(self, tenant_or_vendor: str, scopes: tuple[str, ...]) -> InsufficientScopeError:
        """Note that a server wants these scopes, for the next login to ask for; gives the error that says so.

        Raises:
            NotLoggedInError, ConfigError, StorageError: as `get_valid`.
        """
        from openab_auth.oauth.mcp.scopes import note_demand  # noqa: PLC0415 - needed once in a login's life

        tenant, _ = await self._find(tenant_or_vendor)
        server = (await self._configured()).server(tenant)
        return await self._store.update(lambda draft: note_demand(draft, tenant, server, scopes))

    async def aclose(self) -> None:
        """Wait for requests under way, so that no rotated token is lost, and close; who only waits is told "busy"."""
        self._hurry.set()
        while self._flights:
            await asyncio.wait(tuple(self._flights.values()))
        self._hurry.clear()
        await self._unsaved.aclose()
        await self._store.aclose()
        if self._driver is not None and self._owns_driver:
            driver, self._driver = self._driver, None
            try:
                await driver.aclose()
            except Exception as error:  # noqa: BLE001 - a connection that does not close takes nobody's token away
                _log.warning("a connection could not be closed (%s)", type(error).__name__)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _find(self, tenant_or_vendor: str) -> tuple[Tenant, LoginEntry]:
        """The login as the store holds it now; the catalogue is read only for a word that is no login's key."""
        word = tenant_or_vendor
        try:
            entries = await self._store.read()
        except (OSError, StorageError):
            tenant = tenant_of({}, word, self._catalogue)
            if kept := self._unsaved.only_here(tenant):
                return tenant, kept
            raise
        known = isinstance(entries.get(word), TokenEntry) or word.startswith("mcp:")
        if not known and self._catalogue is None:  # a server of this name must not hide the vendor
            await self._configured()
            entries = await self._store.read()
        tenant = tenant_of(entries, word, self._catalogue)
        return tenant, self._unsaved.newest(tenant, login_of(entries, tenant))

    def _lives(self, token: AccessToken, seconds: float) -> bool:
        return self._clock() + seconds < token.expires_at

    async def _successor(self, tenant: Tenant, entry: LoginEntry, *, deliberate: bool = False) -> AccessToken:
        """The token that takes the place of the one in `entry`.

        A flight that is under way may have been begun for an older one and end with what is in `entry`; then another
        is begun.
        """
        if joined := self._under_way(tenant):
            after = await asyncio.shield(joined)
            if supersedes(after, entry, self._clock()):
                return _access(after)
        flight = self._under_way(tenant) or self._begin(tenant, entry, deliberate=deliberate)
        return _access(await asyncio.shield(flight))

    def _under_way(self, tenant: Tenant) -> asyncio.Task[LoginEntry] | None:
        flight = self._flights.get(tenant)
        return None if flight is None or flight.done() else flight  # done, and in a moment forgotten

    def _begin(self, tenant: Tenant, stale: LoginEntry, *, deliberate: bool) -> asyncio.Task[LoginEntry]:
        """A flight, which belongs to no caller: who is cancelled leaves it alone, and a rotated token is stored."""
        flight = asyncio.create_task(self._fly(tenant, stale, deliberate=deliberate), name=f"refresh {tenant}")
        self._flights[tenant] = flight
        flight.add_done_callback(lambda done: self._land(tenant, done))
        return flight

    def _land(self, tenant: Tenant, flight: asyncio.Task[LoginEntry]) -> None:
        if self._flights.get(tenant) is flight:  # not when another was begun in that moment
            del self._flights[tenant]
        if not flight.cancelled():
            flight.exception()  # seen: every caller may have been cancelled

    async def _fly(self, tenant: Tenant, stale: LoginEntry, *, deliberate: bool) -> LoginEntry:
        await self._unsaved.save(tenant)
        catalogue = await self._configured()
        if isinstance(stale, McpEntry) and catalogue.server(tenant) is None:  # the tenant alone was enough until here
            catalogue = catalogue.with_added(await self._store.servers())
        with Deadline(self._deadline, self._hurry) as deadline:
            return await self._refresh(tenant, stale, catalogue, deadline, deliberate=deliberate)

    async def _refresh(
        self, tenant: Tenant, stale: LoginEntry, catalogue: Catalogue, deadline: Deadline, *, deliberate: bool
    ) -> LoginEntry:
        from openab_auth.oauth.tokens.refresh import Refresh  # noqa: PLC0415 - not needed while tokens are valid
        from openab_auth.oauth.tokens.renewer import find_renewer  # noqa: PLC0415 - as above

        renewer_of = partial(
            find_renewer, tenant, catalogue=catalogue, store=self._store, clock=self._clock, deadline=deadline
        )
        refresh = Refresh(
            self._store,
            tenant,
            renewer_of,
            self._open_driver,
            self._unsaved,
            clock=self._clock,
            deadline=deadline,
            deliberate=deliberate,
        )
        return await refresh.replace(stale)

    async def _configured(self) -> Catalogue:
        if self._catalogue is None:
            self._catalogue = await in_thread(_configured_catalogue)
        return self._catalogue

    async def _open_driver(self) -> Driver:
        if self._driver is None:
            make = await in_thread(_driver_class)
            self._driver = self._driver or make(clock=self._clock)  # another tenant's refresh may have been faster
        return self._driver


def _configured_catalogue() -> Catalogue:
    from openab_auth.oauth.vendors import Catalogue, read_config  # noqa: PLC0415 - a warm token needs neither

    return Catalogue.from_config(read_config(None, os.environ))


def _driver_class() -> type[Driver]:
    """In a worker thread: importing authlib takes a tenth of a second, for which an event loop must not stand still."""
    from openab_auth.oauth.client import Driver  # noqa: PLC0415

    return Driver


def _access(entry: LoginEntry) -> AccessToken:
    return AccessToken(entry.access_token, entry.expires_at)


def _secret(rejected: AccessToken | Secret | str) -> Secret:
    if isinstance(rejected, AccessToken):
        return rejected.value
    return rejected if isinstance(rejected, Secret) else Secret(rejected)
