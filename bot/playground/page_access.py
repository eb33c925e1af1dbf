"""Access to the playground: only its own page, opened at the printed address, may control it.

Any web page can send requests to a loopback port. A foreign page does not know the key in the printed address. If it
points its own host name at 127.0.0.1, the Host header is wrong; requests of its scripts carry its Origin.
"""

from __future__ import annotations

import hmac
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

KEY_HEADER: Final = "X-Playground-Key"
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_REFUSED: Final = "Open the address that the playground printed when it started. It contains the key."


class PageAccess:
    """Check each request, and add security headers to each reply."""

    def __init__(self, port: int, key: str) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._key = key

    @property
    def address(self) -> str:
        """Return the address that a person opens."""
        return f"{self.origin}/?key={self._key}"

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse a request with 403, without any effect, unless it comes from the page."""
        if not self._allows(request):
            return web.json_response({"error": _REFUSED}, status=403)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.json_response({"error": error.text or error.reason}, status=error.status)

    async def mark(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Add the headers to a reply; aiohttp's signal `on_response_prepare` calls this."""
        response.headers.update(_HEADERS)

    def _allows(self, request: web.Request) -> bool:
        if request.headers.getall("Host", []) not in [[host] for host in self._hosts]:
            return False
        origin = request.headers.get("Origin")
        if origin is not None and origin not in {f"http://{host}" for host in self._hosts}:
            return False
        if request.path.startswith("/api/"):
            return self._is_key(request.headers.get(KEY_HEADER, ""))
        # Stylesheets and scripts contain no secrets and need no key.
        return request.path != "/" or self._is_key(request.query.get("key", ""))

    def _is_key(self, key: str) -> bool:
        return hmac.compare_digest(key.encode("utf-8", "replace"), self._key.encode())
