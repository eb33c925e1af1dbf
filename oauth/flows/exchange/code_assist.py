"""The second step of a login at Google: Gemini Code Assist needs a project of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openab_auth.oauth.flows.exchange.exchange import Exchange

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, OAuthClient, TokenResponse


class CodeAssistExchange(Exchange):
    """Agents use Google's token; the answer to a login says whether the account lacks its project."""

    async def lacks_project(self, driver: Driver, client: OAuthClient, tokens: TokenResponse, *, now: float) -> bool:
        """See `Exchange.lacks_project`."""
        from openab_auth.oauth.flows.exchange.google_project import has_project  # noqa: PLC0415 - loads httpx2

        return not await has_project(driver, client, tokens, now=now)
