"""The authorization server: its HTTP endpoints, and the methods that tests and the playground call."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from openab_auth.bot.playground.issuer.api_keys import ApiKeys
from openab_auth.bot.playground.issuer.browser import decide, decide_device
from openab_auth.bot.playground.issuer.devices import GRANT_TYPE, Devices
from openab_auth.bot.playground.issuer.dialects import AwsDialect, CodeAssistDialect, CodexDialect, CopilotDialect
from openab_auth.bot.playground.issuer.faults import Faults
from openab_auth.bot.playground.issuer.mcp_server import McpServer
from openab_auth.bot.playground.issuer.pages import ACCOUNTS, HEADERS, refusal_page, sign_in_page
from openab_auth.bot.playground.issuer.request_log import FIELDS, ReceivedRequest, client_fields, read_fields
from openab_auth.bot.playground.issuer.token_families import (
    AuthorizationRequest,
    OAuthError,
    RegisteredClient,
    TokenFamilies,
    TokenFamily,
)
from openab_auth.bot.playground.loopback import LOOPBACK, listen, serving

CLIENT_ID: Final = "openab-playground"
REDIRECT_URI: Final = "http://localhost:1455/auth/callback"
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Issuer:
    """An OAuth 2.1 authorization server for public clients, listening on 127.0.0.1."""

    def __init__(
        self, url: str, clients: Iterable[RegisteredClient], clock: Callable[[], float], access_lifetime: int
    ) -> None:
        self.url = url
        self.clock = clock
        self.faults = Faults()
        self.clients = {CLIENT_ID: RegisteredClient(CLIENT_ID, REDIRECT_URI)}
        self.clients.update((client.client_id, client) for client in clients)
        self.tokens = TokenFamilies(url, self.clients, clock, access_lifetime)
        self.devices = Devices(url, self.tokens, self.clients, clock)
        self.codex = CodexDialect(self.devices, self.tokens, self.clients)
        self.aws = AwsDialect(self.devices, self.tokens, clock)
        self.copilot = CopilotDialect(url, self.tokens, clock)
        self.code_assist = CodeAssistDialect(self.tokens)
        self.keys = ApiKeys(url)
        self.mcp = McpServer(url, self.tokens)
        self._seen: list[ReceivedRequest] = []
        self._sign_ins: dict[str, AuthorizationRequest] = {}

    @classmethod
    @asynccontextmanager
    async def listening(
        cls,
        port: int = 0,
        *,
        clock: Callable[[], float] = time.time,
        access_lifetime: int = 3600,
        clients: Iterable[RegisteredClient] = (),
    ) -> AsyncIterator[Issuer]:
        """Serve in this event loop until the block ends; port 0 means any free port."""
        with listen(port) as listener:
            issuer = cls(f"http://{LOOPBACK}:{listener.getsockname()[1]}", clients, clock, access_lifetime)
            async with serving(issuer._app(), listener):
                yield issuer

    @property
    def authorize_url(self) -> str:
        """Return the authorization endpoint."""
        return f"{self.url}/authorize"

    @property
    def token_url(self) -> str:
        """Return the token endpoint."""
        return f"{self.url}/token"

    @property
    def revoke_url(self) -> str:
        """Return the revocation endpoint (RFC 7009)."""
        return f"{self.url}/revoke"

    @property
    def userinfo_url(self) -> str:
        """Return the userinfo endpoint (OpenID Connect Core, section 5.3); it replies 401 to an invalid token."""
        return f"{self.url}/userinfo"

    @property
    def device_url(self) -> str:
        """Return the device authorization endpoint (RFC 8628)."""
        return f"{self.url}/device_authorization"

    @property
    def metadata(self) -> dict[str, object]:
        """Return the server's metadata (RFC 8414)."""
        return {
            "issuer": self.url,
            "authorization_endpoint": self.authorize_url,
            "token_endpoint": self.token_url,
            "revocation_endpoint": self.revoke_url,
            "userinfo_endpoint": self.userinfo_url,
            "device_authorization_endpoint": self.device_url,
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", GRANT_TYPE],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": True,
            "scopes_supported": ["openid", "email", "offline_access"],
        }

    @property
    def families(self) -> list[TokenFamily]:
        """Return every token family, one for each sign-in, oldest first."""
        return self.tokens.families

    def requests(self, path: str | None = None) -> list[ReceivedRequest]:
        """Return the received requests, oldest first, including those with a fault; filter by `path` if given."""
        return [seen for seen in self._seen if path is None or seen.path == path]

    async def approve(self, link: str, account: str = "ada@example.com") -> str:
        """Sign in at the login link as `account`, press Allow, and return the address that the person would copy."""
        return await decide(link, "allow", account)

    async def deny(self, link: str) -> str:
        """Press Deny at the login link, and return the redirect's address."""
        return await decide(link, "deny", "")

    async def approve_device(self, user_code: str, account: str = "ada@example.com") -> None:
        """Type the code at the device page, sign in as `account`, and press Allow."""
        await decide_device(self.devices.page, user_code, "allow", account)

    async def deny_device(self, user_code: str) -> None:
        """Type the code at the device page, and press Deny."""
        await decide_device(self.devices.page, user_code, "deny", "")

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=65_536, middlewares=[self._record])
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/decision", self._decision)
        app.router.add_post("/token", self._token)
        app.router.add_post("/revoke", self._revoke)
        app.router.add_get("/userinfo", self._userinfo)
        for part in (self.devices, self.codex, self.aws, self.copilot, self.code_assist, self.keys, self.mcp):
            app.router.add_routes(part.routes())
        for name in ("oauth-authorization-server", "openid-configuration"):
            app.router.add_get(f"/.well-known/{name}", self._metadata)
        return app

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Log the request, then handle it or inject the next fault for its path."""
        fields = await read_fields(request)
        request[FIELDS] = fields
        headers = dict(request.headers)
        seen = ReceivedRequest(request.method, request.path, headers, fields, request.content_type, time.time())
        self._seen.append(seen)
        response = await self._answer(request, handler)
        seen.answered(response)
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = self.faults.take(request.path)
        if fault is None:
            return await handler(request)
        if fault.cut == "before":
            return _hang_up(request)
        response: web.StreamResponse | None = fault.response() if fault.answers else None
        if response is None and not (fault.endless or fault.drip):
            response = await handler(request)
        await asyncio.sleep(fault.delay)
        if fault.until is not None:
            await fault.until.wait()
        if fault.cut == "after":
            return _hang_up(request)
        return response if response is not None else await fault.stream(request)

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        client = self.clients.get(query.get("client_id", ""))
        if client is None:
            return _refuse("The link contains a client id that is not registered.")
        if query.getall("redirect_uri", []) != [client.redirect_uri]:
            return _refuse("The link's redirect_uri differs from the registered one.")
        mistake = _mistake(query)
        if mistake is not None:
            error, description = mistake
            return self._redirect(client, query.get("state"), error=error, error_description=description)
        sign_in = secrets.token_urlsafe(16)
        scopes = tuple(query.get("scope", "").split())
        self._sign_ins[sign_in] = AuthorizationRequest(client, query["state"], query["code_challenge"], scopes)
        page = sign_in_page(sign_in, client.client_id, scopes, client.redirect_uri)
        return web.Response(text=page, content_type="text/html", headers=HEADERS)

    async def _decision(self, request: web.Request) -> web.StreamResponse:
        fields = request[FIELDS]
        authorization = self._sign_ins.pop(fields.get("sign_in", ""), None)
        if authorization is None:
            return _refuse("This sign-in is already finished, or it is unknown.")
        if fields.get("decision") not in {"allow", "expire"}:
            return self._redirect(
                authorization.client,
                authorization.state,
                error="access_denied",
                error_description="the person pressed Deny",
            )
        account = fields.get("account", "").strip() or fields.get("other", "").strip() or ACCOUNTS[0]
        code = self.tokens.code(authorization, account, expired=fields.get("decision") == "expire")
        return self._redirect(authorization.client, authorization.state, code=code)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        try:
            fields = client_fields(request)
            device = fields.get("grant_type") == GRANT_TYPE
            return web.json_response((self.devices if device else self.tokens).token(fields), headers=_NO_STORE)
        except OAuthError as error:
            reply = {"error": error.error, "error_description": error.description}
            return web.json_response(reply, status=error.status, headers=_NO_STORE)

    async def _revoke(self, request: web.Request) -> web.StreamResponse:
        fields = client_fields(request)
        if not fields.get("token"):
            return web.json_response({"error": "invalid_request", "error_description": "token is missing"}, status=400)
        self.tokens.revoke(fields["token"], fields.get("client_id", ""))
        return web.Response(headers=_NO_STORE)

    async def _userinfo(self, request: web.Request) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        family = self.tokens.family_of(token) if scheme.lower() == "bearer" else None
        if family is None:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return web.json_response({"error": "invalid_token"}, status=401, headers=challenge)
        return web.json_response({"sub": family.account, "email": family.email or family.account}, headers=_NO_STORE)

    async def _metadata(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(self.metadata)

    def _redirect(self, client: RegisteredClient, state: str | None, **answer: str) -> web.Response:
        """Redirect to the client with the state and `iss` (RFC 9207)."""
        if state is not None:
            answer["state"] = state
        address = f"{client.redirect_uri}?{urlencode({**answer, 'iss': self.url})}"
        return web.Response(status=302, headers={**_NO_STORE, "Location": address})


def _mistake(query: Mapping[str, str]) -> tuple[str, str] | None:
    """Return error code and description for an invalid authorization request, or None."""
    if len(query) != len(set(query)):
        return "invalid_request", "a parameter occurs twice"
    if query.get("response_type") != "code":
        return "unsupported_response_type", "response_type must be code"
    if query.get("code_challenge_method") != "S256" or len(query.get("code_challenge", "")) != 43:  # noqa: PLR2004 - SHA-256
        return "invalid_request", "a code_challenge with the method S256 is required"
    if not query.get("state"):
        return "invalid_request", "state is missing"
    return None


def _refuse(reason: str) -> web.Response:
    return web.Response(status=400, text=refusal_page(reason), content_type="text/html", headers=HEADERS)


def _hang_up(request: web.Request) -> web.Response:
    """Close the connection; nobody receives the returned response."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
