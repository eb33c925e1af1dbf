"""Endpoints in the dialects of some vendors: Codex under /codex, AWS SSO-OIDC under /aws, Code Assist and Copilot."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from openab_auth.bot.playground.issuer.devices import GRANT_TYPE, Devices
from openab_auth.bot.playground.issuer.request_log import FIELDS
from openab_auth.bot.playground.issuer.token_families import (
    AuthorizationRequest,
    OAuthError,
    RegisteredClient,
    TokenFamilies,
)

_CAMEL: Final = {
    "access_token": "accessToken",
    "refresh_token": "refreshToken",
    "expires_in": "expiresIn",
    "token_type": "tokenType",
}
_THREE_MONTHS: Final = 90 * 24 * 3600


class CodexDialect:
    """Codex's device login: JSON requests, status 403 for "not yet", and an approval with code and verifier."""

    def __init__(self, devices: Devices, tokens: TokenFamilies, clients: Mapping[str, RegisteredClient]) -> None:
        self._devices = devices
        self._tokens = tokens
        self._clients = clients

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [web.post("/codex/usercode", self._begin), web.post("/codex/token", self._poll)]

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        device = self._devices.begin(request[FIELDS].get("client_id", ""), ("openid", "offline_access"))
        reply = {
            "device_auth_id": device.device_code,
            "user_code": device.user_code,
            "interval": str(device.interval),
        }
        return web.json_response(reply)

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        fields = request[FIELDS]
        try:
            device = self._devices.poll(fields.get("device_auth_id", ""))
        except OAuthError as error:
            if error.error == "authorization_pending":
                return web.json_response({"error": {"message": "not authorized yet", "code": "pending"}}, status=403)
            return web.json_response({"error": error.error}, status=error.status)
        verifier = secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        client = self._clients[device.client_id]
        code = self._tokens.code(AuthorizationRequest(client, "", challenge, device.scopes), device.account)
        return web.json_response({"authorization_code": code, "code_verifier": verifier, "code_challenge": challenge})


class AwsDialect:
    """AWS SSO-OIDC: the client registers itself, and every field is camelCase JSON."""

    def __init__(self, devices: Devices, tokens: TokenFamilies, clock: Callable[[], float]) -> None:
        self._devices = devices
        self._tokens = tokens
        self._clock = clock
        self.registered: dict[str, str] = {}
        """Secrets by client id."""
        self.lifetime: int = _THREE_MONTHS
        """Seconds until the next client expires."""

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.post("/aws/client/register", self._register),
            web.post("/aws/device_authorization", self._begin),
            web.post("/aws/token", self._token),
        ]

    async def _register(self, _request: web.Request) -> web.StreamResponse:
        client_id, secret = f"client-{len(self.registered)}", f"secret-{secrets.token_urlsafe(12)}"
        self.registered[client_id] = secret
        ends_at = int(self._clock()) + self.lifetime
        return web.json_response({"clientId": client_id, "clientSecret": secret, "clientSecretExpiresAt": ends_at})

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        fields = request[FIELDS]
        if not self._knows(fields.get("clientId"), fields.get("clientSecret")):
            return web.json_response({"error": "invalid_client"}, status=401)
        device = self._devices.begin(fields["clientId"], ())
        page = self._devices.page
        return web.json_response(
            {
                "deviceCode": device.device_code,
                "userCode": device.user_code,
                "verificationUri": page,
                "verificationUriComplete": f"{page}?user_code={device.user_code}",
                "expiresIn": self._devices.lifetime,
                "interval": device.interval,
            }
        )

    async def _token(self, request: web.Request) -> web.StreamResponse:
        fields = request[FIELDS]
        client_id = fields.get("clientId", "")
        if not self._knows(client_id, fields.get("clientSecret")):
            return web.json_response({"error": "invalid_client"}, status=401)
        try:
            if fields.get("grantType") == GRANT_TYPE:
                device = self._devices.poll(fields.get("deviceCode", ""))
                reply = self._tokens.issue(client_id, device.account, ())
            else:
                reply = self._tokens.refresh(fields.get("refreshToken", ""), client_id)
        except OAuthError as error:
            return web.json_response(
                {"error": error.error, "error_description": error.description}, status=error.status
            )
        return web.json_response({_CAMEL.get(name, name): value for name, value in reply.items()})

    def _knows(self, client_id: str | None, secret: str | None) -> bool:
        return client_id is not None and self.registered.get(client_id) == secret


class CodeAssistDialect:
    """Google's Code Assist: it names the project of an account, if the account has one."""

    def __init__(self, tokens: TokenFamilies) -> None:
        self._tokens = tokens
        self.project = "playground-project"

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.post("/v1internal:loadCodeAssist", self._load)]

    async def _load(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._tokens.family_of(token) is None:
            return web.json_response({"error": {"code": 401, "status": "UNAUTHENTICATED"}}, status=401)
        known = {"cloudaicompanionProject": self.project} if self.project else {}
        return web.json_response({"allowedTiers": [{"id": "free-tier"}], **known})


class CopilotDialect:
    """GitHub Copilot: it exchanges a GitHub token for a short-lived token."""

    def __init__(self, url: str, tokens: TokenFamilies, clock: Callable[[], float]) -> None:
        self._url = url
        self._tokens = tokens
        self._clock = clock
        self.has_seat = True

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/copilot_internal/v2/token", self._exchange)]

    async def _exchange(self, request: web.Request) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        family = self._tokens.family_of(token) if scheme == "token" else None
        if family is None:
            return web.json_response({"message": "Bad credentials"}, status=401)
        if not self.has_seat:
            details = {"message": "Copilot is not enabled for this account", "title": "No access"}
            return web.json_response({"error_details": details}, status=403)
        ends_at = int(self._clock()) + 1500
        reply = {
            "token": f"tid={secrets.token_hex(8)};exp={ends_at}",
            "expires_at": ends_at,
            "refresh_in": 1200,
            "endpoints": {"api": f"{self._url}/copilot"},
        }
        return web.json_response(reply)
