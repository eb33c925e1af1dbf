"""An exchange describes the second step of a login: what follows the token response before agents can use it."""

# ruff: noqa: ARG002 - an exchange overrides what it has; the defaults use few of their arguments

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, OAuthClient, TokenResponse
    from openab_auth.oauth.flows.renewer import Renewal, Renewer


class Exchange:
    """No second step: agents use the vendor's token. The object is shared by all logins, so it holds no state.

    A new exchange inherits from this class, and gets a row in `EXCHANGES`.
    """

    userinfo_token: Literal["access_token", "refresh_token"] = "access_token"  # noqa: S105 - a member's name

    def token_url(self, client: OAuthClient) -> str:
        """Return the endpoint at which the stored login is renewed."""
        return client.token_url

    def unexchanged(self, tokens: TokenResponse, *, now: float) -> TokenResponse | None:
        """Return the response to store until `request` has succeeded; None if there is nothing to request.

        Its access token has expired, so that the first refresh makes the request.
        """
        return None

    async def request(self, driver: Driver, client: OAuthClient, tokens: TokenResponse, *, now: float) -> TokenResponse:
        """Return the token response that agents use in place of the vendor's first one.

        Raises:
            LoginDeadError: the vendor refuses the token of its first response.
            PlanMissingError: the account has no plan for these tokens.
            VendorUnavailableError: no usable answer; it is safe to ask again.
            VendorMisconfiguredError: the vendor refuses the request.
        """
        return tokens

    async def lacks_project(self, driver: Driver, client: OAuthClient, tokens: TokenResponse, *, now: float) -> bool:
        """Return whether the account still needs a project before its tokens are of use.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: the vendor gave no usable answer.
        """
        return False

    def renewer(self, renewal: Renewal) -> Renewer:
        """Return the object that asks for the next tokens of a login."""
        from openab_auth.oauth.flows.renewer import VendorRenewer  # noqa: PLC0415 - only a refresh pays for it

        return VendorRenewer(renewal.vendor, renewal.token_endpoint, renewal.deadline)
