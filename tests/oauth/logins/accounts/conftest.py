"""Two vendors and an MCP server at one issuer, and the objects for logins there."""

from __future__ import annotations

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.vendors import Catalogue


@pytest.fixture
def catalogue(issuer: Issuer) -> Catalogue:
    client = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI}
    urls = {"authorize_url": issuer.authorize_url, "token_url": issuer.token_url, "revoke_url": issuer.revoke_url}
    table = {**client, **urls, "scopes": ["openid", "email", "offline_access"], "account_from": "email"}
    auth = AuthSettings(vendors=("lab", "jay"), allow_http_loopback=True, mcp_add=True)
    server = {**client, "url": issuer.mcp.url}
    return Catalogue.from_config(Config(auth=auth, vendors={"lab": table, "jay": table}, mcp={"notes": server}), {})
