"""JSON on the wire as Discord writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aiohttp import web


def json_reply(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A reply whose type is `application/json` and nothing more: discord.py does not parse one with a charset."""
    return web.Response(
        body=json.dumps(body).encode(), status=status, headers={**(headers or {}), "Content-Type": "application/json"}
    )
