"""Prepare a login at a server before anybody sees a link: discover, register, and record what the login is bound to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.errors import NoPendingLoginError, OAuthError, VendorUnavailableError
from openab_auth.oauth.http import awake_timeout
from openab_auth.oauth.mcp.binding import Binding, bind, read_binding
from openab_auth.oauth.mcp.discovery import Fetch, discover
from openab_auth.oauth.mcp.foreign_hosts import check_foreign_hosts
from openab_auth.oauth.mcp.registration import client_key, identify, issuers_of, keep_client
from openab_auth.oauth.mcp.scopes import wanted_scopes
from openab_auth.oauth.vendors import McpServer
from openab_auth.oauth.vendors.account_labels import base_of
from openab_auth.oauth.vendors.server_names import VendorName, bare_name
from openab_auth.storage import AsyncStore, ClientRecord, Draft, McpEntry, Tenant, UserId, pending_key

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, OAuthClient
    from openab_auth.oauth.vendors import CurrentCatalogue

_DEADLINE: Final = 30.0  # seconds for all documents together
_PENDING: Final = "pending:"


class ServerLogins:
    """Finds out how people log in to servers, and keeps the result until the login is made.

    `current` holds the config's catalogue. During a request, the server's name may be given to another server. So a
    login is written only if the name still means the server that was asked.
    """

    def __init__(
        self, current: CurrentCatalogue, store: AsyncStore, driver: Driver, *, clock: Callable[[], float]
    ) -> None:
        self._current = current
        self._store = store
        self._driver = driver
        self._clock = clock
        # clients that were registered and could not be stored
        self._unstored: dict[str, tuple[McpServer, ClientRecord]] = {}

    async def bind(self, server: McpServer, user: UserId) -> Binding:
        """Return the binding of the next login of `user` at `server`; store the client that was registered for it.

        If this person has an unfinished link, another client is registered: the server may no longer know our client.

        Raises:
            ServerUnusableError, ClientMissingError: nobody can log in at this server as it is.
            NoPendingLoginError: the name now means another server, or no server.
            VendorUnavailableError: the server or its authorization server gave no usable answer.
            StorageError: the client could not be stored.
        """
        clients = await self._store.clients()
        unfinished = read_binding(clients.get(pending_key(server.vendor_name, user)))
        fetch = Fetch(
            self._driver.http(server.network_policy), server.vendor_name, server.tenant, deadline=self._driver.deadline
        )
        try:
            async with awake_timeout(_DEADLINE):
                found = await discover(server, fetch, registered_at=issuers_of(server, clients))
                check_foreign_hosts(server, found.endpoints, self._current.now, await self._addresses())
                asked = wanted_scopes(server, found.asked, clients.get(server.tenant))
                client = await identify(
                    server, found, asked, self._with_unstored(server, clients), fetch,
                    now=self._clock(), anew=unfinished is not None,
                )  # fmt: skip
        except TimeoutError:
            raise VendorUnavailableError(server.vendor_name, "its metadata did not arrive in time") from None
        binding = bind(server, found, asked, client)
        await self._keep(server, binding, client.record)
        return binding

    async def binding_of_pending(self, server: McpServer, user: UserId) -> Binding:
        """Return the binding that was recorded when the pending login of `user` began; the server is not asked again.

        Raises:
            NoPendingLoginError: the record was lost, or the name now means another server; begin again.
        """
        binding = read_binding((await self._store.clients()).get(pending_key(server.vendor_name, user)))
        if binding is None or binding.url != server.url:
            raise NoPendingLoginError(server.vendor_name)
        return binding

    async def client(self, server: McpServer, tenant: Tenant) -> OAuthClient:
        """Return the client of the login under `tenant`; without endpoints if its record was lost."""
        binding = read_binding((await self._store.clients()).get(tenant))
        return replace(binding.client(server) if binding else server.vendor.client(), tenant=tenant)

    def remember(self, draft: Draft, vendor: VendorName, user: UserId, binding: Binding) -> None:
        """Keep the binding of a pending login, and drop the bindings of pending logins that are gone.

        Raises:
            NoPendingLoginError: the name now means another server, or no server.
        """
        self.check_same(draft, vendor, binding)
        for key in [key for key in draft.clients if key.startswith(_PENDING) and key not in draft]:
            del draft.clients[key]
        draft.clients[pending_key(vendor, user)] = binding.as_client()

    async def _addresses(self) -> dict[str, tuple[str, ...]]:
        """Return the addresses of the servers where somebody is logged in, by name."""
        entries, clients = await self._store.read(), await self._store.clients()
        logins = (key for key, entry in entries.items() if isinstance(entry, McpEntry) and entry.access_token)
        return {key: binding.addresses for key in logins if (binding := read_binding(clients.get(key)))}

    def _with_unstored(self, server: McpServer, clients: Mapping[str, ClientRecord]) -> Mapping[str, ClientRecord]:
        """Return the clients, together with the clients of this server that could not be stored yet."""
        return {**clients, **{key: client for key, (whose, client) in self._unstored.items() if whose == server}}

    async def _keep(self, server: McpServer, binding: Binding, record: ClientRecord | None) -> None:
        """Store a client. If that fails, the next login uses the same client, because its secret is given only once."""
        key = client_key(server, binding.issuer)
        if record is None:
            return
        self._unstored[key] = server, record
        if (await self._store.clients()).get(key) == record:
            self._unstored.pop(key, None)
            return

        def keep(draft: Draft) -> None:
            self.check_same(draft, server.vendor_name, binding)
            keep_client(draft, server, binding.issuer, record)

        try:
            await self._store.update(keep)
        except OAuthError:  # the name means another server by now
            self._unstored.pop(key, None)
            raise
        self._unstored.pop(key, None)

    def check_same(self, draft: Draft, vendor: VendorName, binding: Binding) -> None:
        """Refuse a login if the server's name now means another server.

        Raises:
            NoPendingLoginError: the name now means another server, or no server.
        """
        there = self._current.now.server_named(vendor) or draft.servers.get(base_of(bare_name(vendor)))
        if there is None or there.url != binding.url:
            raise NoPendingLoginError(vendor)
