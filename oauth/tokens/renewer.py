"""Who asks for the next tokens of a login: the one request in which vendors and servers differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from openab_auth.oauth.entries.backoff import settings_of
from openab_auth.oauth.errors import NotRefreshableError
from openab_auth.oauth.mcp.renew import ServerRenewer
from openab_auth.storage import AsyncStore, LoginEntry, McpEntry, Tenant

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, TokenResponse
    from openab_auth.oauth.http import Deadline
    from openab_auth.oauth.vendors import Catalogue, Vendor


class Renewer(Protocol):
    """Renews logins of one kind; the caller holds the tenant's lock and commits what comes."""

    @property
    def settings(self) -> str:
        """The hash of all that is configured for its request."""
        ...

    async def renew(self, driver: Driver, entry: LoginEntry) -> TokenResponse:
        """The next tokens, asked for in one request that is never repeated here.

        Raises:
            LoginDeadError: this refresh token will never be taken again.
            VendorUnavailableError: no usable answer; when `sent` is True the token may have been rotated all the same.
            VendorMisconfiguredError: the client is refused.
        """
        ...


@dataclass(frozen=True, slots=True)
class VendorRenewer:
    """Posts the refresh token to the endpoint that the login came from (RFC 6749 6)."""

    vendor: Vendor
    token_endpoint: str

    @property
    def settings(self) -> str:
        """As `Renewer.settings`."""
        return settings_of(self.vendor, self.token_endpoint)

    async def renew(self, driver: Driver, entry: LoginEntry) -> TokenResponse:
        """As `Renewer.renew`."""
        return await driver.refresh(self.vendor.client(), entry.refresh_token, self.token_endpoint)


@dataclass(frozen=True, slots=True)
class CopilotRenewer:
    """Trades GitHub's token for Copilot's again; nothing rotates."""

    vendor: Vendor
    exchange_url: str
    clock: Callable[[], float]

    @property
    def settings(self) -> str:
        """As `Renewer.settings`."""
        return settings_of(self.vendor, self.exchange_url)

    async def renew(self, driver: Driver, entry: LoginEntry) -> TokenResponse:
        """As `Renewer.renew`."""
        from openab_auth.oauth.flows.device.github import trade  # noqa: PLC0415 - needed by whoever sends a request

        return await trade(driver, self.vendor.client(), entry.refresh_token, self.exchange_url, now=self.clock())


@dataclass(frozen=True, slots=True)
class AwsRenewer:
    """Asks AWS SSO-OIDC, with the client that the login was made with."""

    vendor: Vendor
    token_endpoint: str
    store: AsyncStore
    clock: Callable[[], float]

    @property
    def settings(self) -> str:
        """As `Renewer.settings`."""
        return settings_of(self.vendor, self.token_endpoint)

    async def renew(self, driver: Driver, entry: LoginEntry) -> TokenResponse:
        """As `Renewer.renew`."""
        from openab_auth.oauth.flows.device.aws import AwsDevice  # noqa: PLC0415 - as above

        service = AwsDevice(driver, self.store, self.clock)
        return await service.renew(self.vendor.client(), entry.refresh_token, self.token_endpoint)


def find_renewer(  # noqa: PLR0913 - what the renewers stand on
    tenant: Tenant,
    entry: LoginEntry,
    *,
    catalogue: Catalogue,
    store: AsyncStore,
    clock: Callable[[], float],
    deadline: Deadline,
) -> Renewer:
    """Who renews this login; `clock` gives unix seconds, `deadline` bounds the refresh.

    Raises:
        NotRefreshableError: nothing that is configured here could.
    """
    if isinstance(entry, McpEntry):
        if server := catalogue.server(tenant):
            return ServerRenewer(server, tenant, store, deadline)
        todo = f"add an [mcp.{tenant.removeprefix('mcp:')}] table with its url to the config"
        raise NotRefreshableError(tenant, "no MCP server of this name is configured", todo)
    vendor = catalogue.vendor_of(tenant)
    if vendor is None or catalogue.server(tenant):  # a vendor that is configured no more, under a server's name
        todo = f"add a [vendors.NAME] table with tenant = {tenant!r} to the config, or log in again"
        raise NotRefreshableError(tenant, "no vendor of this tenant is configured", todo)
    if vendor.exchange == "github-copilot":
        return CopilotRenewer(vendor, entry.token_endpoint, clock)
    if vendor.flow == "aws-device":
        return AwsRenewer(vendor, entry.token_endpoint, store, clock)
    return VendorRenewer(vendor, entry.token_endpoint)
