"""Logins at a name while its server changes."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.flows import LoginOffer
from openab_auth.storage import UserId
from tests.oauth.mcp.stranger import Page, Stranger

ADA, MALLORY = UserId(7), UserId(666)
CONFIG = Config(auth=AuthSettings(vendors=(), allow_http_loopback=True, mcp_add=True))


def make_good(stranger: Stranger, name: str) -> None:
    stranger.is_a_good_server()
    stranger.pages |= {
        "/register": Page({"client_id": f"client-of-{name}", "token_endpoint_auth_method": "none"}, 201),
        "/token": Page({"access_token": f"canary-at-{name}", "token_type": "Bearer", "refresh_token": "canary-rt"}),
    }


def paste(offer: LoginOffer) -> str:
    return f"http://localhost:53682/callback?code=abc&state={parse_qs(urlsplit(offer.url).query)['state'][0]}"
