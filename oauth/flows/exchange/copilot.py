"""The exchange of GitHub's lasting token for Copilot's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from openab_auth.oauth.flows.exchange.exchange import Exchange

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, OAuthClient, TokenResponse
    from openab_auth.oauth.flows.renewer import Renewal, Renewer

_PATH: Final = "/copilot_internal/v2/token"


class CopilotExchange(Exchange):
    """Requests Copilot's token with GitHub's, at the login and at each refresh; GitHub's is the refresh token."""

    userinfo_token = "refresh_token"  # noqa: S105 - a member's name

    def token_url(self, client: OAuthClient) -> str:
        """Return the address of the exchange: the API of the GitHub, perhaps an enterprise's, that gave the token."""
        from openab_auth.oauth.http import is_loopback  # noqa: PLC0415 - a row of the vendor table needs no addresses

        parts = urlsplit(client.token_url)
        host = parts.netloc if is_loopback(parts.hostname or "") else f"api.{parts.netloc}"
        return urlunsplit((parts.scheme, host, _PATH, "", ""))

    def unexchanged(self, tokens: TokenResponse, *, now: float) -> TokenResponse:
        """See `Exchange.unexchanged`."""
        from openab_auth.oauth.client import TokenResponse  # noqa: PLC0415 - only a login pays for it
        from openab_auth.storage.secret import Secret  # noqa: PLC0415 - as above

        return TokenResponse(Secret(""), tokens.access_token, int(now))

    async def request(self, driver: Driver, client: OAuthClient, tokens: TokenResponse, *, now: float) -> TokenResponse:
        """See `Exchange.request`."""
        from openab_auth.oauth.flows.exchange.copilot_token import request_copilot_token  # noqa: PLC0415 - loads httpx2

        return await request_copilot_token(driver, client, tokens.access_token, self.token_url(client), now=now)

    def renewer(self, renewal: Renewal) -> Renewer:
        """Return the renewer that makes the exchange again."""
        from openab_auth.oauth.flows.exchange.copilot_renewer import CopilotRenewer  # noqa: PLC0415 - only a refresh pays

        return CopilotRenewer(renewal.vendor, renewal.token_endpoint, renewal.clock)
