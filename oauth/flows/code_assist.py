"""What a Google login may still lack: Gemini Code Assist wants a project. Asked after the login; it costs none."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from openab_auth.oauth.client import Driver, OAuthClient, RequestContext, TokenResponse, judge_reply
from openab_auth.oauth.http import is_loopback
from openab_auth.storage.entries import Json

_HOST: Final = "cloudcode-pa.googleapis.com"
_PATH: Final = "/v1internal:loadCodeAssist"
_ASKED: Final[dict[str, Json]] = {"metadata": {"pluginType": "GEMINI"}}


async def has_project(driver: Driver, client: OAuthClient, grant: TokenResponse, *, now: float) -> bool:
    """Whether the account has a project that Code Assist would use.

    Raises:
        VendorUnavailableError, VendorMisconfiguredError: it did not say.
    """
    question = RequestContext(client.name, client.tenant, "other", (grant.access_token,))
    headers = {"Authorization": f"Bearer {grant.access_token.reveal()}"}
    answer = await driver.send(client, question, _url(client), headers=headers, json=_ASKED)
    return bool(judge_reply(question, answer, now=now).get("cloudaicompanionProject"))


def _url(client: OAuthClient) -> str:
    """Google's, or on this machine where its token endpoint is."""
    parts = urlsplit(client.token_url)
    return urlunsplit((parts.scheme, parts.netloc if is_loopback(parts.hostname or "") else _HOST, _PATH, "", ""))
