"""A small MCP server with one tool; it requires a token of the authorization server beside it.

See https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization and RFC 9728.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from openab_auth.bot.playground.issuer.token_families import TokenFamilies, TokenFamily

PATH: Final = "/mcp"
_VERSION: Final = "2025-11-25"
_METADATA: Final = f"/.well-known/oauth-protected-resource{PATH}"
_NOT_FOUND: Final = -32601  # JSON-RPC: there is no such method
_TOOL: Final = {
    "name": "whoami",
    "description": "Tell whose login the agent uses",
    "inputSchema": {"type": "object", "properties": {}},
}


class McpServer:
    """The resource server of RFC 9728: it names its authorization server, and checks the tokens."""

    def __init__(self, url: str, tokens: TokenFamilies) -> None:
        self.url = f"{url}{PATH}"
        self._issuer = url
        self._metadata_url = f"{url}{_METADATA}"
        self._tokens = tokens

    def routes(self) -> list[web.RouteDef]:
        """Return the server's routes."""
        return [
            web.get(_METADATA, self._metadata),
            web.get(PATH, self._no_stream),
            web.post(PATH, self._call),
        ]

    async def _metadata(self, _request: web.Request) -> web.Response:
        shown = {"resource": self.url, "authorization_servers": [self._issuer], "scopes_supported": ["openid", "email"]}
        return web.json_response(shown)

    async def _no_stream(self, request: web.Request) -> web.Response:
        return self._challenge() if self._login(request) is None else web.Response(status=405)

    async def _call(self, request: web.Request) -> web.Response:
        login = self._login(request)
        if login is None:
            return self._challenge()
        try:
            asked = json.loads(await request.read())
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return web.Response(status=400)
        if "id" not in asked:  # a notification
            return web.Response(status=202)
        return web.json_response({"jsonrpc": "2.0", "id": asked["id"], **_answer(asked, login)})

    def _login(self, request: web.Request) -> TokenFamily | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self._tokens.family_of(token) if scheme.lower() == "bearer" else None

    def _challenge(self) -> web.Response:
        challenge = f'Bearer resource_metadata="{self._metadata_url}"'
        return web.json_response({"error": "invalid_token"}, status=401, headers={"WWW-Authenticate": challenge})


def _answer(asked: Mapping[str, Any], login: TokenFamily) -> dict[str, Any]:
    match asked.get("method"):
        case "initialize":
            info = {"name": "notes", "version": "1"}
            return {"result": {"protocolVersion": _VERSION, "capabilities": {"tools": {}}, "serverInfo": info}}
        case "tools/list":
            return {"result": {"tools": [_TOOL]}}
        case "tools/call":
            return {"result": {"content": [{"type": "text", "text": login.account}]}}
        case _:
            return {"error": {"code": _NOT_FOUND, "message": "Method not found"}}
