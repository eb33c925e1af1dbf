"""The renewer of logins at AWS SSO-OIDC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openab_auth.oauth.entries.backoff import configuration_hash

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, TokenResponse
    from openab_auth.oauth.http import NetworkPolicy
    from openab_auth.oauth.vendors import Vendor
    from openab_auth.storage import AsyncStore, LoginEntry


@dataclass(frozen=True, slots=True)
class AwsRenewer:
    """Asks AWS SSO-OIDC, with the client that was registered for the login."""

    vendor: Vendor
    token_endpoint: str
    store: AsyncStore
    clock: Callable[[], float]

    @property
    def config_hash(self) -> str:
        """See `Renewer.config_hash`."""
        return configuration_hash(self.vendor, self.token_endpoint)

    @property
    def network_policy(self) -> NetworkPolicy | None:
        """See `Renewer.network_policy`."""
        return self.vendor.network_policy

    async def renew(self, driver: Driver, entry: LoginEntry) -> TokenResponse:
        """See `Renewer.renew`."""
        from openab_auth.oauth.flows.device.aws import AwsDevice  # noqa: PLC0415 - loads httpx2

        service = AwsDevice(driver, self.store, self.clock)
        return await service.renew(self.vendor.client(), entry.refresh_token, self.token_endpoint)
