"""What reached the server, kept for whoever looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import BasicAuth, web

FIELDS = web.RequestKey("fields", Mapping[str, str])
"""Where the handlers find a request's fields."""


@dataclass(slots=True)
class ReceivedRequest:
    """A request that reached the server; `fields` is its body (form or JSON), or its query when it has no body.

    `at` is in unix seconds; `status` is what it was answered (0: not yet, or never), `error` OAuth's word when it
    was refused.
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
        """Remember the answer."""
        self.status = response.status
        if isinstance(response, web.Response) and response.status >= HTTPStatus.BAD_REQUEST:
            told = _json(response.text or "")
            self.error = str(told.get("error", ""))


def client_fields(request: web.Request) -> Mapping[str, str]:
    """The request's fields with the client that HTTP Basic names (RFC 6749 section 2.3.1), if it does."""
    given: Mapping[str, str] = request[FIELDS]
    try:
        basic = BasicAuth.decode(request.headers.get("Authorization", ""))
    except ValueError:
        return given
    return {**given, "client_id": unquote_plus(basic.login), "client_secret": unquote_plus(basic.password)}


async def read_fields(request: web.Request) -> Mapping[str, str]:
    """The body's fields, form or JSON; the query of a request that has none."""
    if not request.can_read_body:
        return {str(name): str(value) for name, value in request.query.items()}
    if request.content_type != "application/json":
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return {str(name): str(value) for name, value in _json(await request.text()).items()}


def _json(text: str) -> dict[str, Any]:
    """The object that `text` is; empty when it is none."""
    try:
        body: Any = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
