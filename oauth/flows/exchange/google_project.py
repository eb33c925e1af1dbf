"""Ask Google, after a login, whether the account has the project that Gemini Code Assist needs."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from openab_auth.oauth.client import Driver, OAuthClient, RequestContext, TokenResponse, judge_reply
from openab_auth.oauth.http import is_loopback
from openab_auth.storage.entries import Json

_HOST: Final = "cloudcode-pa.googleapis.com"
_PATH: Final = "/v1internal:loadCodeAssist"
_REQUEST: Final[dict[str, Json]] = {"metadata": {"pluginType": "GEMINI"}}


async def has_project(driver: Driver, client: OAuthClient, tokens: TokenResponse, *, now: float) -> bool:
    """Return whether the account has a project for Code Assist.

    Raises:
        VendorUnavailableError, VendorMisconfiguredError: Google gave no usable answer.
    """
    context = RequestContext(client.name, client.tenant, "other", (tokens.access_token,))
    headers = {"Authorization": f"Bearer {tokens.access_token.reveal()}"}
    response = await driver.send(client, context, _url(client), headers=headers, json=_REQUEST)
    return bool(judge_reply(context, response, now=now).get("cloudaicompanionProject"))


def _url(client: OAuthClient) -> str:
    """Return Google's address, or an address on this machine if the token endpoint is on this machine."""
    parts = urlsplit(client.token_url)
    return urlunsplit((parts.scheme, parts.netloc if is_loopback(parts.hostname or "") else _HOST, _PATH, "", ""))
