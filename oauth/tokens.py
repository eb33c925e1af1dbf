"""Valid access tokens for agents: read from the store, refreshed when they have to be, once for everybody."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from oauth.errors import LoginDeadError, NotLoggedInError, OAuthError, VendorMisconfiguredError
from storage import AsyncStore, McpEntry, Secret, Store, Tenant, TokenEntry

if TYPE_CHECKING:
    from oauth.agent import TokenAuth
    from oauth.catalogue import Catalogue
    from oauth.driver import Driver

SKEW: Final = 120  # seconds; a token this close to its end counts as expired, in every language that reads the file


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token to send as `Authorization: Bearer`; `value.reveal()` gives it, `expires_at` is in unix seconds."""

    value: Secret
    expires_at: int


class TokenSource:
    """Valid access tokens of one store; use one for each process.

    `catalogue` and `driver` are made from the config and the environment when a refresh first needs them; `clock` gives
    unix seconds.
    """

    def __init__(
        self,
        store: Store | AsyncStore,
        *,
        catalogue: Catalogue | None = None,
        driver: Driver | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store if isinstance(store, AsyncStore) else AsyncStore(store)
        self._catalogue = catalogue
        self._driver = driver
        self._owns_driver = driver is None
        self._clock = clock
        self._flights: dict[Tenant, asyncio.Task[TokenEntry]] = {}

    async def get_valid(self, tenant_or_vendor: str, *, min_ttl: float = SKEW) -> AccessToken:
        """A token that lives for at least `min_ttl` more seconds, refreshed first if need be.

        A token that is still valid is served even when it could not be refreshed early.

        Raises:
            NotLoggedInError: nobody is logged in there.
            LoginDeadError: the vendor will not renew this login.
            RefreshBusyError: another process refreshes and did not finish in time.
            VendorUnavailableError: the vendor gave no usable answer.
            VendorMisconfiguredError: the vendor refuses our client, or no such vendor is configured.
            StorageError: the store cannot be read or written.
        """
        token = await self._stored(tenant_or_vendor)
        if self._lives(token, min_ttl):
            return token
        try:
            return _access(await self._flight(self._tenant(tenant_or_vendor), token.value))
        except OAuthError:
            if self._lives(token, SKEW):
                return token
            raise

    async def force_refresh(
        self, tenant_or_vendor: str, rejected: AccessToken | Secret | str | None = None
    ) -> AccessToken:
        """A token other than `rejected`, which a server has refused: refreshed only if that is still the stored one.

        Without `rejected` the stored token is renewed now.

        Raises:
            OAuthError: as `get_valid`.
            StorageError: as `get_valid`.
        """
        token = await self._stored(tenant_or_vendor)
        refused = token.value if rejected is None else _secret(rejected)
        if token.value != refused and self._lives(token, 0):
            return token
        return _access(await self._flight(self._tenant(tenant_or_vendor), token.value))

    def auth(self, tenant_or_vendor: str) -> TokenAuth:
        """For `httpx2.AsyncClient(auth=…)`: attaches the token, and repeats a request once after a 401."""
        from oauth.agent import TokenAuth  # noqa: PLC0415 - httpx2 is heavy, and who asks for this has it already

        return TokenAuth(self, tenant_or_vendor)

    async def aclose(self) -> None:
        """Wait for refreshes under way, so that no rotated token is lost, then close the connections."""
        while self._flights:
            await asyncio.wait(tuple(self._flights.values()))
        await self._store.aclose()
        if self._driver is not None and self._owns_driver:
            await self._driver.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _tenant(self, tenant_or_vendor: str) -> Tenant:
        return self._vendors().tenant_of(tenant_or_vendor)

    def _vendors(self) -> Catalogue:
        if self._catalogue is None:
            from oauth.catalogue import Catalogue  # noqa: PLC0415 - a valid token needs no table
            from oauth.config import read_config  # noqa: PLC0415

            self._catalogue = Catalogue.from_config(read_config(None, os.environ))
        return self._catalogue

    async def _stored(self, tenant_or_vendor: str) -> AccessToken:
        """What the store holds now, expired or not."""
        entries = await self._store.read()
        entry = entries.get(self._tenant(tenant_or_vendor))
        if isinstance(entry, TokenEntry):
            return _access(entry)
        if isinstance(entry, McpEntry):
            return self._mcp(tenant_or_vendor, entry)
        raise NotLoggedInError(tenant_or_vendor)

    def _mcp(self, server: str, entry: McpEntry) -> AccessToken:
        """An MCP server's token while it is valid; these logins are renewed by the agents that made them."""
        reply = entry.token_response or {}
        value, lifetime = reply.get("access_token"), reply.get("expires_in")
        if not isinstance(value, str):
            raise NotLoggedInError(server)
        expires_at = int(self._clock()) + SKEW + 1
        if entry.token_received_at is not None and isinstance(lifetime, int):
            expires_at = entry.token_received_at + lifetime
        token = AccessToken(Secret(value), expires_at)
        if not self._lives(token, SKEW):
            reason = "the login to this MCP server has expired, and only the agent that made it can renew it"
            raise VendorMisconfiguredError(server, reason, "log in again from the agent")
        return token

    def _lives(self, token: AccessToken, seconds: float) -> bool:
        return self._clock() + seconds < token.expires_at

    async def _flight(self, tenant: Tenant, stale: Secret) -> TokenEntry:
        """Join the refresh of this tenant that is under way in this process, or begin one.

        The flight belongs to no caller: who is cancelled leaves it alone, so that a rotated token is always stored.
        """
        flight = self._flights.get(tenant)
        if flight is None:
            flight = asyncio.create_task(self._refresh(tenant, stale), name=f"refresh {tenant}")
            self._flights[tenant] = flight
            flight.add_done_callback(lambda done: self._land(tenant, done))
        return await asyncio.shield(flight)

    def _land(self, tenant: Tenant, flight: asyncio.Task[TokenEntry]) -> None:
        del self._flights[tenant]
        if not flight.cancelled():
            flight.exception()  # seen: every caller may have been cancelled

    async def _refresh(self, tenant: Tenant, stale: Secret) -> TokenEntry:
        from oauth.driver import Driver  # noqa: PLC0415 - authlib is loaded only when there is something to ask
        from oauth.refresh import Refresh  # noqa: PLC0415

        vendor = self._vendors().find(tenant)
        if vendor is None:
            todo = f"add a [vendors.NAME] table with tenant = {tenant!r} to the config, or log in again"
            raise VendorMisconfiguredError(tenant, "no vendor of this tenant is configured here", todo)
        entry = (await self._store.read()).get(tenant)
        if isinstance(entry, TokenEntry) and not entry.refresh_token:
            raise LoginDeadError(tenant, "the vendor gave no refresh token")
        if self._driver is None:
            self._driver = Driver(clock=self._clock)
        return await Refresh(self._store, self._driver, vendor, clock=self._clock).run(stale)


def _access(entry: TokenEntry) -> AccessToken:
    return AccessToken(entry.access_token, entry.expires_at)


def _secret(rejected: AccessToken | Secret | str) -> Secret:
    if isinstance(rejected, AccessToken):
        return rejected.value
    return rejected if isinstance(rejected, Secret) else Secret(rejected)
