"""The address that a person copies from the page of an honest authorization server."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from openab_auth.oauth.flows import LoginOffer
from openab_auth.storage import UserId

ADA = UserId(7)
CODE = "canary-code-9Xk2QwEr7"
REDIRECT = "http://localhost:53682/callback"


def answer(offer: LoginOffer, issuer: str, **changes: str) -> str:
    """The address that the browser ends on after an honest authorization server's page."""
    state = parse_qs(urlsplit(offer.url).query)["state"][0]
    fields = {"code": CODE, "state": state, "iss": issuer, **changes}
    return f"{REDIRECT}?" + "&".join(f"{name}={value}" for name, value in fields.items() if value)
