"""Vendors that take API keys, at an authorization server that can be asked about them."""

from __future__ import annotations

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.vendors import Catalogue


@pytest.fixture
def catalogue(issuer: Issuer) -> Catalogue:
    """A vendor that can be asked about its keys, one that cannot, the shipped ones, and a login by redirect."""
    lab = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "authorize_url": issuer.authorize_url,
        "token_url": issuer.token_url,
    }
    vendors: dict[str, dict[str, object]] = {
        "keyed": {"flow": "key", "check_url": issuer.userinfo_url, "env": ["KEYED_API_KEY"]},
        "bare": {"flow": "key"},
        "lab": dict(lab),
    }
    auth = AuthSettings(vendors=("keyed", "bare", "cursor", "mimocode", "lab"))
    return Catalogue.from_config(Config(auth=auth, vendors=vendors), {})
