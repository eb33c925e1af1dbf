"""Run MCP servers of the official Python SDK in one process, each with its authorization server.

When they are ready, print one line of JSON with the address of each server. `GET /seen` on a server returns the
requests that reached its endpoints. `POST /forget` makes the server forget its clients, like a server that keeps them
in memory.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    TokenError,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions, RevocationOptions
from mcp.server.mcpserver import MCPServer
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from pydantic import AnyUrl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

REDIRECT = "http://localhost:53682/callback"
SECRET = "canary-operators-secret"
SCOPES = ["read", "write", "admin"]


class Provider(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """Rotate refresh tokens; a used refresh token revokes the whole family (RFC 9700 4.14.2)."""

    def __init__(self, url: str, lifetime: int) -> None:
        self.url = url
        self.lifetime = lifetime
        self.clients: dict[str, OAuthClientInformationFull] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.families: dict[str, str] = {}  # any token to its family
        self.good: dict[str, RefreshToken] = {}
        self.access: dict[str, AccessToken] = {}

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self.clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        self.clients[client_info.client_id] = client_info

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        code = AuthorizationCode(
            code=f"code-{secrets.token_urlsafe(16)}",
            scopes=params.scopes or ["read"],
            expires_at=time.time() + 60,
            client_id=client.client_id,
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        self.codes[code.code] = code
        return construct_redirect_uri(str(params.redirect_uri), code=code.code, state=params.state, iss=self.url)

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        if self.codes.pop(authorization_code.code, None) is None:
            raise TokenError("invalid_grant")  # noqa: EM101 - the standard's word
        return self._issue(secrets.token_hex(4), client, authorization_code.scopes, authorization_code.resource)

    async def load_refresh_token(self, client: OAuthClientInformationFull, refresh_token: str) -> RefreshToken | None:
        family = self.families.get(refresh_token)
        if refresh_token not in self.good and family:
            self._end(family)
        return self.good.get(refresh_token)

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        family = self.families[refresh_token.token]
        del self.good[refresh_token.token]
        return self._issue(family, client, scopes, refresh_token.resource)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self.access.get(token)

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        self._end(self.families[token.token])

    def _issue(
        self, family: str, client: OAuthClientInformationFull, scopes: list[str], resource: str | None
    ) -> OAuthToken:
        access, refresh = f"canary-at-{secrets.token_urlsafe(16)}", f"canary-rt-{secrets.token_urlsafe(16)}"
        self.families |= {access: family, refresh: family}
        ends = int(time.time()) + self.lifetime
        shared: dict[str, Any] = {"client_id": client.client_id, "scopes": scopes, "resource": resource}
        self.access[access] = AccessToken(token=access, expires_at=ends, **shared)
        self.good[refresh] = RefreshToken(token=refresh, **shared)
        return OAuthToken(access_token=access, expires_in=self.lifetime, refresh_token=refresh, scope=" ".join(scopes))

    def _end(self, family: str) -> None:
        for token in [token for token, of in self.families.items() if of == family]:
            self.good.pop(token, None)
            self.access.pop(token, None)


class Recorder:
    """Record the forms; hide endpoints that this kind of server lacks; answer 403 if a tool needs more scopes."""

    def __init__(self, app: Any, provider: Provider, hidden: str) -> None:
        self.app = app
        self.provider = provider
        self.hidden = hidden
        self.seen: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = b""
        if scope["method"] == "POST":
            more = True
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
        answer = self._own_answer(Request(scope), body)
        if answer is not None:
            await answer(scope, receive, send)
            return
        told = False

        async def replay() -> Any:
            nonlocal told
            if told or scope["method"] != "POST":
                return await receive()
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)

    def _own_answer(self, request: Request, body: bytes) -> Response | None:
        path = request.url.path
        if path == "/seen":
            return JSONResponse(self.seen)
        if path == "/forget":
            self.provider.clients.clear()
            return JSONResponse({})
        if self.hidden and path.startswith(self.hidden):
            return Response("Not Found", 404)
        form = (
            {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()} if path == "/token" else {}
        )
        query = dict(request.query_params) if path == "/authorize" else {}
        sent = json.loads(body) if path == "/register" else {}
        header = request.headers.get("authorization", "")
        self.seen.append({"path": path, "method": request.method, "authorization": header, **form, **query, **sent})
        if b'"wipe"' in body and b"tools/call" in body:
            token = self.provider.access.get(header.removeprefix("Bearer "))
            if token and "admin" not in token.scopes:
                challenge = 'Bearer error="insufficient_scope", scope="admin"'
                return Response("", 403, {"WWW-Authenticate": challenge})
        return None


def make(name: str, port: int) -> tuple[str, Any]:
    url = f"http://127.0.0.1:{port}"
    provider = Provider(url, lifetime=3 if name == "brief" else 3600)
    if name in ("closed", "secretive"):
        provider.clients["operators"] = OAuthClientInformationFull(
            client_id="operators",
            client_secret=SECRET if name == "secretive" else None,
            token_endpoint_auth_method="client_secret_basic" if name == "secretive" else "none",
            redirect_uris=[AnyUrl(REDIRECT)],
            scope=" ".join(SCOPES),
        )
    registration = ClientRegistrationOptions(
        enabled=name not in ("closed", "secretive"), valid_scopes=SCOPES, default_scopes=["read"]
    )
    old = name in ("old", "oldest")
    server = MCPServer(
        name,
        auth_server_provider=provider,
        auth=AuthSettings.model_validate(  # keeps a URL without a path as it is; AnyHttpUrl would end it in a slash
            {
                "issuer_url": url,
                "resource_server_url": None if old else f"{url}/mcp",
                "required_scopes": ["read"],
                "client_registration_options": registration,
                "revocation_options": RevocationOptions(enabled=True),
                "validate_token_resource": None if old else True,
            }
        ),
        log_level="ERROR",
    )

    @server.tool()
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    @server.tool()
    def wipe() -> str:
        """Do nothing; this tool needs the scope `admin`."""
        return "wiped"

    app = server.streamable_http_app(json_response=True, stateless_http=True)
    return url, Recorder(app, provider, "/.well-known/" if name == "oldest" else "")


async def serve(names: list[str]) -> None:
    urls: dict[str, str] = {}
    running = []
    for name in names:
        listener = socket.create_server(("127.0.0.1", 0))
        urls[name], app = make(name, listener.getsockname()[1])
        config = uvicorn.Config(app, log_level="error", lifespan="on")
        running.append(uvicorn.Server(config).serve(sockets=[listener]))
    print(json.dumps(urls), flush=True)
    await asyncio.gather(*running)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1:]))
