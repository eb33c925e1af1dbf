"""A renewer asks for the next tokens of a login: the only request of a refresh in which vendors and servers differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from openab_auth.oauth.client.same_server import ANOTHER_SERVER, is_same_server
from openab_auth.oauth.entries.backoff import configuration_hash
from openab_auth.oauth.errors import LOG_IN_AGAIN, NotRefreshableError, VendorUnavailableError
from openab_auth.oauth.http import LAST_REQUEST, awake_timeout

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, OAuthClient, TokenResponse
    from openab_auth.oauth.http import Deadline, NetworkPolicy
    from openab_auth.oauth.vendors import Catalogue, Vendor
    from openab_auth.storage import AsyncStore, LoginEntry, Tenant


class Renewer(Protocol):
    """Renews logins of one kind; the caller holds the tenant's lease and commits the new tokens."""

    @property
    def config_hash(self) -> str:
        """Return the hash of everything that is configured for the request."""
        ...

    @property
    def network_policy(self) -> NetworkPolicy | None:
        """Return the policy of the request, as `Driver.http` takes it."""
        ...

    async def renew(self, driver: Driver, entry: LoginEntry) -> TokenResponse:
        """Ask for the next tokens in one request, which is never repeated here; see `Driver.refresh`.

        Raises:
            LoginDeadError: the vendor will never accept this refresh token again.
            VendorUnavailableError: no usable answer; if `processed` is True, the token may have been rotated.
            VendorMisconfiguredError: the client is refused.
        """
        ...


@dataclass(frozen=True, slots=True)
class Renewal:
    """The login that needs new tokens, and the objects that its renewer uses.

    `vendor` is the login's row. `token_endpoint` gave the login; it is empty for a login at an MCP server.
    """

    tenant: Tenant
    vendor: Vendor
    token_endpoint: str
    catalogue: Catalogue
    store: AsyncStore
    clock: Callable[[], float]
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class VendorRenewer:
    """Posts the refresh token to the endpoint that the login came from (RFC 6749 6)."""

    vendor: Vendor
    token_endpoint: str
    deadline: Deadline

    @property
    def config_hash(self) -> str:
        """See `Renewer.config_hash`."""
        return configuration_hash(self.vendor, self.token_endpoint)

    @property
    def network_policy(self) -> NetworkPolicy | None:
        """See `Renewer.network_policy`."""
        return self.vendor.network_policy

    async def renew(self, driver: Driver, entry: LoginEntry) -> TokenResponse:
        """Renew as `Renewer.renew` does; the client's secret goes only to the server that the table names.

        Raises:
            NotRefreshableError: the login was made at another server, or the client's secret is not here.
        """
        if self.vendor.lacks_secret:  # a server may take a request without the secret for a theft
            file, variable = self.vendor.client_secret_file, self.vendor.client_secret_env or "its secret"
            todo = f"{f'repair {file}' if file else f'set {variable} for this process'}, then try again"
            reason = f"its client's secret is not here{f': {self.vendor.secret_problem}' if file else ''}"
            raise NotRefreshableError(self.vendor.tenant, reason, todo)
        client = self.vendor.client()
        if client.client_secret is not None and not await self._is_same_server(driver, client):
            raise NotRefreshableError(self.vendor.tenant, ANOTHER_SERVER, LOG_IN_AGAIN)
        return await driver.refresh(client, entry.refresh_token, self.token_endpoint)

    async def _is_same_server(self, driver: Driver, client: OAuthClient) -> bool:
        tenant = self.vendor.tenant
        try:
            async with awake_timeout(self.deadline.left(LAST_REQUEST)):
                return await is_same_server(driver, client, self.token_endpoint)
        except TimeoutError:
            raise VendorUnavailableError(tenant, "its metadata did not arrive in time", processed=False) from None
        except VendorUnavailableError as error:
            raise VendorUnavailableError(tenant, error.reason, retry_after=error.retry_after, processed=False) from None
