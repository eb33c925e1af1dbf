"""Who may drive the playground: only the page that this start's address opened, on this machine.

A web page elsewhere could reach a port on loopback. It cannot know the secret of this start; a name that it points at
127.0.0.1 is not our Host; and what its scripts send carries its own Origin.
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
_REFUSED: Final = "Open the address that the playground printed when it started; it holds the key of this start."


class PageAccess:
    """Checks each request, and gives each answer the headers that keep the page to itself."""

    def __init__(self, port: int, key: str) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._key = key

    @property
    def address(self) -> str:
        """What a person opens."""
        return f"{self.origin}/?key={self._key}"

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse with 403 what does not come from the page; nothing is done then."""
        if not self._admits(request):
            return web.json_response({"error": _REFUSED}, status=403)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.json_response({"error": error.text or error.reason}, status=error.status)

    async def mark(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Give an answer its headers before it is sent; a signal of aiohttp, `on_response_prepare`."""
        response.headers.update(_HEADERS)

    def _admits(self, request: web.Request) -> bool:
        if request.headers.getall("Host", []) not in [[host] for host in self._hosts]:
            return False
        origin = request.headers.get("Origin")
        if origin is not None and origin not in {f"http://{host}" for host in self._hosts}:
            return False
        if request.path.startswith("/api/"):
            return self._fits(request.headers.get(KEY_HEADER, ""))
        # Style and script hold nothing and carry no key.
        return request.path != "/" or self._fits(request.query.get("key", ""))

    def _fits(self, key: str) -> bool:
        return hmac.compare_digest(key.encode("utf-8", "replace"), self._key.encode())
