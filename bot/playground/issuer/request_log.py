"""The log of received requests, and the parsing of their fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import BasicAuth, web

FIELDS = web.RequestKey("fields", Mapping[str, str])
"""The key under which handlers find a request's fields."""


@dataclass(slots=True)
class ReceivedRequest:
    """A request that reached the server; `fields` is its body (form or JSON), or its query if there is no body.

    `at` is in unix seconds. `status` is the reply's status, 0 until there is a reply. `error` is the OAuth error code.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    fields: Mapping[str, str]
    content_type: str
    at: float = 0.0
    status: int = 0
    error: str = ""

    def answered(self, response: web.StreamResponse) -> None:
        """Store the reply's status and error code."""
        self.status = response.status
        if isinstance(response, web.Response) and response.status >= HTTPStatus.BAD_REQUEST:
            self.error = str(_json(response.text or "").get("error", ""))


def client_fields(request: web.Request) -> Mapping[str, str]:
    """Return the request's fields, with the client from HTTP Basic if there is one (RFC 6749 section 2.3.1)."""
    given: Mapping[str, str] = request[FIELDS]
    try:
        basic = BasicAuth.decode(request.headers.get("Authorization", ""))
    except ValueError:
        return given
    return {**given, "client_id": unquote_plus(basic.login), "client_secret": unquote_plus(basic.password)}


async def read_fields(request: web.Request) -> Mapping[str, str]:
    """Return the fields of the body, form or JSON; without a body, return the query."""
    if not request.can_read_body:
        return {str(name): str(value) for name, value in request.query.items()}
    if request.content_type != "application/json":
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return {str(name): str(value) for name, value in _json(await request.text()).items()}


def _json(text: str) -> dict[str, Any]:
    """Parse a JSON object; return an empty one if `text` is anything else."""
    try:
        body: Any = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
