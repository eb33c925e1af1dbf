"""Any document from a stranger leads to a login, or to an error with a sentence."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st

from openab_auth.oauth.errors import OAuthError
from openab_auth.oauth.mcp import Discovered, Fetch, discover
from openab_auth.oauth.mcp.registration import identify
from openab_auth.oauth.vendors import McpServer

SERVER = McpServer("lab", "https://mcp.example/mcp")
ISSUER = "https://as.example"
TEXTS = st.sampled_from(
    [
        "", "https://", "https://[", "https://[::1", "https://as.example:99999/x", "https://as.example:x/", "https:///x",
        "https://mcp.example", "https://mcp.example/mcp", "https://mcp.example/mcp/", "//mcp.example", "\x00", "\ud800",
        "javascript:alert(1)", "https://as.example/ ", "https://as.example", "S256", "read", 'a" b', "x" * 3000,
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
GOOD: dict[str, Any] = {
    "resource": SERVER.url,
    "authorization_servers": [ISSUER],
    "scopes_supported": ["read"],
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "registration_endpoint": f"{ISSUER}/register",
    "revocation_endpoint": f"{ISSUER}/revoke",
    "code_challenge_methods_supported": ["S256"],
    "token_endpoint_auth_methods_supported": ["none"],
    "authorization_response_iss_parameter_supported": True,
    "client_id": "c1",
    "client_secret": "s3",
    "client_secret_expires_at": 0,
    "token_endpoint_auth_method": "none",
    "redirect_uris": [SERVER.redirect_uri],
}
HEADERS = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=60)
CHANGES = st.dictionaries(st.sampled_from(sorted(GOOD)), JSON, max_size=3)


class Documents(httpx2.AsyncBaseTransport):
    """Serve one document at every address; each reader takes its own members."""

    def __init__(self, body: bytes, challenge: bytes) -> None:
        self.body = body
        self.challenge = challenge

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if str(request.url) == SERVER.url:
            return httpx2.Response(401, headers=[(b"WWW-Authenticate", self.challenge)])
        return httpx2.Response(200, content=self.body)


async def log_in(transport: Documents) -> Discovered:
    async with httpx2.AsyncClient(transport=transport) as http:
        fetch = Fetch(http, "mcp:lab", "lab", deadline=5)
        found = await discover(SERVER, fetch)
        await identify(SERVER, found, found.asked, {}, fetch, now=0)
    return found


def outcome(body: bytes, challenge: str = "Bearer") -> Discovered | OAuthError:
    try:
        return asyncio.run(log_in(Documents(body, challenge.encode("latin-1", "replace"))))
    except OAuthError as error:
        return error


def test_the_documents_that_are_changed_below_lead_to_a_login() -> None:
    assert isinstance(outcome(json.dumps(GOOD).encode()), Discovered)


@settings(max_examples=150)
@given(changes=CHANGES)
def test_any_member_may_be_anything(changes: dict[str, Any]) -> None:
    found = outcome(json.dumps({**GOOD, **changes}).encode())

    if isinstance(found, Discovered):
        assert found.issuer in {ISSUER, "https://mcp.example", "https://mcp.example/"}  # or a server of 2025-03-26
        assert found.resource.startswith("https://mcp.example")
        for url in (found.authorize_url, found.token_url, found.registration_url, found.revoke_url):
            assert not url or url.startswith("https://")
        assert all(scope.isascii() and scope.isprintable() and " " not in scope for scope in found.known)


@settings(max_examples=60)
@given(
    body=st.binary(max_size=60),
    challenge=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=60),
)
def test_any_bytes_may_be_a_document_and_any_text_a_challenge(body: bytes, challenge: str) -> None:
    assert isinstance(outcome(body, challenge), OAuthError | Discovered)
