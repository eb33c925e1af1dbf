"""The renewer of Copilot logins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openab_auth.oauth.entries.backoff import configuration_hash

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, TokenResponse
    from openab_auth.oauth.http import NetworkPolicy
    from openab_auth.oauth.vendors import Vendor
    from openab_auth.storage import LoginEntry


@dataclass(frozen=True, slots=True)
class CopilotRenewer:
    """Exchanges GitHub's token for Copilot's again; nothing rotates."""

    vendor: Vendor
    exchange_url: str
    clock: Callable[[], float]

    @property
    def config_hash(self) -> str:
        """See `Renewer.config_hash`."""
        return configuration_hash(self.vendor, self.exchange_url)

    @property
    def network_policy(self) -> NetworkPolicy | None:
        """See `Renewer.network_policy`."""
        return self.vendor.network_policy

    async def renew(self, driver: Driver, entry: LoginEntry) -> TokenResponse:
        """See `Renewer.renew`."""
        from openab_auth.oauth.flows.exchange.copilot_token import request_copilot_token  # noqa: PLC0415 - loads httpx2

        return await request_copilot_token(
            driver, self.vendor.client(), entry.refresh_token, self.exchange_url, now=self.clock()
        )
