"""Renew a login at a server, at the recorded endpoint and with the recorded client and resource."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from openab_auth.oauth.client.same_server import have_same_origin
from openab_auth.oauth.entries import configuration_hash
from openab_auth.oauth.errors import (
    LOG_IN_AGAIN,
    ClientRefusedError,
    LoginDeadError,
    NotRefreshableError,
    VendorUnavailableError,
)
from openab_auth.oauth.http import LAST_REQUEST, awake_timeout
from openab_auth.oauth.http.interrupt import undisturbed
from openab_auth.oauth.mcp.binding import Binding, bind, binding_of
from openab_auth.oauth.mcp.discovery import Fetch, discover
from openab_auth.oauth.mcp.registration import forget_client, identity_of
from openab_auth.storage import NEVER, McpEntry

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from openab_auth.oauth.client import Driver, TokenResponse
    from openab_auth.oauth.http import Deadline, NetworkPolicy
    from openab_auth.oauth.mcp.discovery import Discovered
    from openab_auth.oauth.vendors import McpServer
    from openab_auth.storage import AsyncStore, ClientRecord, Draft, LoginEntry, Tenant

_T = TypeVar("_T")
_ANOTHER: Final = "the login was made for another server or client than the table names"


@dataclasses.dataclass(frozen=True, slots=True)
class ServerRenewer:
    """Renews logins at one MCP server (a `Renewer`); the caller holds the lease until `deadline`."""

    server: McpServer
    tenant: Tenant
    store: AsyncStore
    deadline: Deadline

    @property
    def config_hash(self) -> str:
        """Return the hash as `Renewer.config_hash` does."""
        return configuration_hash(self.server)

    @property
    def network_policy(self) -> NetworkPolicy | None:
        """See `Renewer.network_policy`."""
        return self.server.network_policy

    async def renew(self, driver: Driver, entry: LoginEntry) -> TokenResponse:
        """Renew as `Renewer.renew` does, with `resource` and with the client as it was registered.

        Raises:
            NotRefreshableError: the login's record is lost, or its client's secret is not here.
            LoginDeadError: also where the server no longer knows the client, which is then forgotten.
        """
        if not isinstance(entry, McpEntry):
            raise NotRefreshableError(self.tenant, "it is a vendor's login under a server's name", LOG_IN_AGAIN)
        binding = await self._binding(driver, entry)
        granted = dataclasses.replace(binding, scopes=entry.granted_scopes or binding.scopes)  # never more
        client = granted.client(self.server)
        lifetime = client.token_lifetime or _lifetime(entry)
        client = dataclasses.replace(client, tenant=self.tenant, token_lifetime=lifetime)
        if binding.auth_method != "none" and binding.configured and self.server.client_secret is not None:
            await self._check_same_server(driver, binding)
        if binding.auth_method != "none" and client.client_secret is None:
            todo = f"{self.server.how_to_give_secret}, or log in again"
            raise NotRefreshableError(self.tenant, "its client's secret is not here", todo)
        try:
            tokens = await driver.refresh(client, entry.refresh_token, binding.token_url)
        except ClientRefusedError as error:
            if binding.configured:
                raise
            with suppress(Exception):  # the answer counts all the same
                async with awake_timeout(self.deadline.for_disk()):
                    await self.store.update(lambda draft: forget_client(draft, self.server, binding.issuer))
            raise LoginDeadError(self.tenant, error.reason) from None
        # An agent may have dropped the issuer from the entry.
        return undisturbed(lambda: dataclasses.replace(tokens, issuer=binding.issuer))

    async def _check_same_server(self, driver: Driver, binding: Binding) -> None:
        """Refuse to send the operator's secret to a server that the table does not lead to.

        The record alone does not count, as its writer may be another program with the same store.

        Raises:
            NotRefreshableError: the login was made with another client or at another server.
            VendorUnavailableError: a document could not be fetched in time, so the token was not sent.
        """
        if not binding.is_client_of(self.server):
            raise NotRefreshableError(self.tenant, _ANOTHER, LOG_IN_AGAIN)
        if have_same_origin(self.server.issuer or self.server.url, binding.token_url):
            return
        found = await self._in_time(self._discover(driver, binding.issuer))
        if found.issuer != binding.issuer or not have_same_origin(found.token_url, binding.token_url):
            raise NotRefreshableError(self.tenant, _ANOTHER, LOG_IN_AGAIN)

    async def _binding(self, driver: Driver, entry: McpEntry) -> Binding:
        clients = await self.store.clients()
        return binding_of(entry, clients.get(self.tenant)) or await self._found_again(driver, entry, clients)

    async def _found_again(self, driver: Driver, entry: McpEntry, clients: Mapping[str, ClientRecord]) -> Binding:
        """Discover the binding of a login again, at the same issuer, because the login has no record; store it.

        Raises:
            NotRefreshableError: the issuer is unknown, or the server names another issuer now.
            VendorUnavailableError: a document could not be fetched in time, so the token was not sent.
        """

        async def find() -> Binding:
            binding = await self._look_up(driver, entry, clients)
            await self.store.update(lambda draft: self._keep(draft, binding))
            return binding

        return await self._in_time(find())

    async def _in_time(self, asking: Coroutine[object, object, _T]) -> _T:
        """Return what was asked before the token is sent; a failure says that the token was not sent."""
        try:
            async with awake_timeout(self.deadline.left(LAST_REQUEST)):
                return await asking
        except TimeoutError:
            raise VendorUnavailableError(self.tenant, "its metadata did not arrive in time", processed=False) from None
        except VendorUnavailableError as error:
            raise VendorUnavailableError(
                self.tenant, error.reason, retry_after=error.retry_after, processed=False
            ) from None

    async def _discover(self, driver: Driver, issuer: str) -> Discovered:
        http = driver.http(self.server.network_policy)
        fetch = Fetch(http, self.server.vendor_name, self.tenant, deadline=driver.deadline)
        return await discover(self.server, fetch, registered_at=[issuer])

    async def _look_up(self, driver: Driver, entry: McpEntry, clients: Mapping[str, ClientRecord]) -> Binding:
        if entry.issuer is None or self.server.added_by is not None:  # a person's word for the address is not enough
            raise NotRefreshableError(self.tenant, "its authorization server is not known", LOG_IN_AGAIN)
        found = await self._discover(driver, entry.issuer)
        if found.issuer != entry.issuer:
            raise NotRefreshableError(self.tenant, "the server names another authorization server now", LOG_IN_AGAIN)
        client = identity_of(entry.client_id, self.server, found, clients)
        return bind(self.server, found, entry.granted_scopes, client)

    def _keep(self, draft: Draft, binding: Binding) -> None:
        record, before = binding.as_client(), draft.clients.get(self.tenant)
        facts = {**(before.facts if before else {}), **record.facts}
        draft.clients[self.tenant] = record._replace(facts=facts)


def _lifetime(entry: McpEntry) -> int | None:
    """Return how many seconds the login's tokens lived so far, for a token response that names no end."""
    if entry.expires_at == NEVER or entry.token_received_at is None:
        return None
    return (entry.expires_at - entry.token_received_at) or None
