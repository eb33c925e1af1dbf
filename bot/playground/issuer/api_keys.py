"""API keys: a page where people make one, and an endpoint that tells whether a key works."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Final

from aiohttp import web

from openab_auth.bot.playground.issuer.pages import HEADERS, keys_page

PAGE: Final = "/keys"
KEY_CHECK: Final = "/keys/check"


class ApiKeys:
    """Make keys, and answer a GET with a key as Bearer token: 200 if the key works, otherwise 401."""

    def __init__(self, url: str) -> None:
        self.page = f"{url}{PAGE}"
        self.check_url = f"{url}{KEY_CHECK}"
        self._keys: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the server's routes."""
        return [web.get(PAGE, self._show), web.post(PAGE, self._make), web.get(KEY_CHECK, self._check)]

    async def _show(self, _request: web.Request) -> web.Response:
        return web.Response(text=keys_page(None), content_type="text/html", headers=HEADERS)

    async def _make(self, _request: web.Request) -> web.Response:
        key = f"key_{secrets.token_urlsafe(24)}"
        self._keys.add(key)
        return web.Response(text=keys_page(key), content_type="text/html", headers=HEADERS)

    async def _check(self, request: web.Request) -> web.Response:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and key in self._keys:
            return web.json_response({"ok": True})
        return web.json_response({"error": "invalid_key"}, status=HTTPStatus.UNAUTHORIZED)
