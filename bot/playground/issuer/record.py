"""What reached the server, kept for whoever looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

FIELDS = web.RequestKey("fields", Mapping[str, str])
"""Where the handlers find a request's fields."""


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """A request that reached the server; `fields` is its body (form or JSON), or its query when it has no body."""

    method: str
    path: str
    headers: Mapping[str, str]
    fields: Mapping[str, str]
    content_type: str


async def read_fields(request: web.Request) -> Mapping[str, str]:
    """The body's fields, form or JSON; the query of a request that has none."""
    if not request.can_read_body:
        return {str(name): str(value) for name, value in request.query.items()}
    if request.content_type != "application/json":
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    try:
        body: Any = json.loads(await request.text())
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in body.items()} if isinstance(body, dict) else {}
