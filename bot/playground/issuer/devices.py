"""Device logins (RFC 8628): the device endpoint, the page for the code, and the polls."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from aiohttp import web

from openab_auth.bot.playground.issuer.pages import HEADERS, device_page, done_page, refusal_page
from openab_auth.bot.playground.issuer.request_log import FIELDS
from openab_auth.bot.playground.issuer.token_families import INVALID_CLIENT, OAuthError, RegisteredClient, TokenFamilies

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:device_code"
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 6.1: no vowels, so no words
_SLOWER: Final = 5  # seconds that slow_down adds to the interval (RFC 8628 3.5)


@dataclass(slots=True, eq=False)
class Device:
    """A device login; `ends_at` is in unix seconds, `polled_at` on the monotonic clock."""

    client_id: str
    scopes: tuple[str, ...]
    device_code: str
    user_code: str
    ends_at: float
    interval: float
    decision: Literal["allow", "deny"] | None = None
    account: str = ""
    spent: bool = False
    polled_at: float | None = None
    polls: int = 0
    early: int = 0
    """The number of polls that came before the interval was over."""
    gaps: list[float] = field(default_factory=list)
    """The seconds between polls."""


class Devices:
    """Handle all device logins; `interval` and `lifetime` (seconds) apply to new logins."""

    def __init__(
        self, issuer: str, tokens: TokenFamilies, clients: Mapping[str, RegisteredClient], clock: Callable[[], float]
    ) -> None:
        self.page = f"{issuer}/device"
        self.interval: float = 1
        self.lifetime: float = 600
        self.begun: dict[str, Device] = {}
        """Logins by device code, oldest first."""
        self._tokens = tokens
        self._clients = clients
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.post("/device_authorization", self._begin),
            web.get("/device", self._show),
            web.post("/device", self._decide),
        ]

    def begin(self, client_id: str, scopes: tuple[str, ...]) -> Device:
        """Begin a device login."""
        letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
        user_code = f"{letters[:4]}-{letters[4:]}"
        device_code = f"dc_{secrets.token_urlsafe(24)}"
        device = Device(client_id, scopes, device_code, user_code, self._clock() + self.lifetime, self.interval)
        self.begun[device_code] = device
        return device

    def decide(self, user_code: str, decision: Literal["allow", "deny"], account: str = "") -> bool:
        """Store a person's decision; return False if the code is unknown, decided or expired."""
        typed = user_code.strip().upper()
        device = next((each for each in self.begun.values() if each.user_code == typed), None)
        if device is None or device.decision is not None or device.ends_at <= self._clock():
            return False
        device.account = account or "ada@example.com"
        device.decision = decision
        return True

    def poll(self, device_code: str) -> Device:
        """Return the device login, once, after the person allowed it.

        Raises:
            OAuthError: the login is undecided, denied, expired or unknown, or the poll came too soon.
        """
        device = self.begun.get(device_code)
        if device is None or device.spent:
            raise OAuthError(*_UNKNOWN)
        now, before = time.monotonic(), device.polled_at
        device.polled_at = now
        device.polls += 1
        if before is not None:
            device.gaps.append(now - before)
        if device.ends_at <= self._clock():
            raise OAuthError(*_EXPIRED)
        if before is not None and now - before < device.interval:
            device.early += 1
            device.interval += _SLOWER
            raise OAuthError(*_SLOW_DOWN)
        if device.decision is None:
            raise OAuthError(*_PENDING)
        device.spent = True
        if device.decision == "deny":
            raise OAuthError(*_DENIED)
        return device

    def token(self, fields: Mapping[str, str]) -> dict[str, object]:
        """Return the token endpoint's reply to a poll.

        Raises:
            OAuthError: `poll` raised it, or the client is not registered.
        """
        if fields.get("client_id") not in self._clients:
            raise OAuthError(INVALID_CLIENT, "this client is not registered", 401)
        device = self.poll(fields.get("device_code", ""))
        return self._tokens.issue(device.client_id, device.account, device.scopes)

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        fields = request[FIELDS]
        if fields.get("client_id") not in self._clients:
            return web.json_response({"error": INVALID_CLIENT}, status=401)
        device = self.begin(fields["client_id"], tuple(fields.get("scope", "").split()))
        reply = {
            "device_code": device.device_code,
            "user_code": device.user_code,
            "verification_uri": self.page,
            "verification_uri_complete": f"{self.page}?user_code={device.user_code}",
            "expires_in": self.lifetime,
            "interval": device.interval,
        }
        return web.json_response(reply, headers={"Cache-Control": "no-store"})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        page = device_page(request.query.get("user_code", ""))
        return web.Response(text=page, content_type="text/html", headers=HEADERS)

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        fields = request[FIELDS]
        decision: Literal["allow", "deny"] = "allow" if fields.get("decision") == "allow" else "deny"
        if not self.decide(fields.get("user_code", ""), decision, fields.get("account", "").strip()):
            page = refusal_page("This code is unknown, already used or expired.")
            return web.Response(status=400, text=page, content_type="text/html", headers=HEADERS)
        return web.Response(text=done_page(decision), content_type="text/html", headers=HEADERS)


_UNKNOWN: Final = ("invalid_grant", "this device code is unknown or was used")
_EXPIRED: Final = ("expired_token", "this device code has expired")
_SLOW_DOWN: Final = ("slow_down", "too many polls")
_PENDING: Final = ("authorization_pending", "nobody has decided yet")
_DENIED: Final = ("access_denied", "the person pressed Deny")
