"""Ask Google, after a login, whether the account has the project that Gemini Code Assist needs."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from openab_auth.oauth.client.driver import Driver
from openab_auth.oauth.client.token_response import TokenResponse
from openab_auth.oauth.client.verdict import RequestContext, judge_reply
from openab_auth.oauth.http.urls import is_loopback
from openab_auth.oauth.vendors.vendor import Vendor
from openab_auth.storage.entries import Json

_HOST: Final = "cloudcode-pa.googleapis.com"
_PATH: Final = "/v1internal:loadCodeAssist"
_REQUEST: Final[dict[str, Json]] = {"metadata": {"pluginType": "GEMINI"}}


async def has_project(driver: Driver, vendor: Vendor, tokens: TokenResponse, *, now: float) -> bool:
    """Return whether the account has a project for Code Assist.

    Raises:
        VendorUnavailableError, VendorMisconfiguredError: Google gave no usable answer.
    """
    context = RequestContext(vendor.name, vendor.tenant, "other", (tokens.access_token,))
    headers = {"Authorization": f"Bearer {tokens.access_token.reveal()}"}
    response = await driver.send(vendor, context, _url(vendor), headers=headers, json=_REQUEST)
    return bool(judge_reply(context, response, now=now).get("cloudaicompanionProject"))


def _url(vendor: Vendor) -> str:
    """Return Google's address, or an address on this machine if the token endpoint is on this machine."""
    parts = urlsplit(vendor.token_url)
    return urlunsplit((parts.scheme, parts.netloc if is_loopback(parts.hostname or "") else _HOST, _PATH, "", ""))
