"""A client of the embedded authorization server, with a clock that a test can move."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def link(issuer: Issuer, **changes: str | None) -> str:
    query: dict[str, str | None] = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scope": "openid email offline_access",
        "state": "st4te",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return f"{issuer.authorize_url}?{urlencode({name: value for name, value in query.items() if value is not None})}"


def answer(redirect: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(redirect).query))


def exchange(granted: str, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "code": granted,
        "code_verifier": VERIFIER,
        **changes,
    }


def refresh(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": token}


async def log_in(issuer: Issuer, http: httpx2.AsyncClient) -> dict[str, str]:
    code = answer(await issuer.approve(link(issuer)))["code"]
    grant: dict[str, str] = (await http.post(issuer.token_url, data=exchange(code))).json()
    return grant
