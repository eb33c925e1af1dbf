"""A request of the bot: its body, its files, and whether it needs the bot's token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from openab_auth.bot.playground.discord.api.uploads import Files, read_form
from openab_auth.bot.playground.discord.guild import Json
from openab_auth.bot.playground.discord.rules import errors

PREFIX: Final = "/api/v10"
BODY: Final = web.RequestKey("body", object)
FILES: Final[web.RequestKey[Files]] = web.RequestKey("files", Mapping)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request of the bot; `path` starts after `/api/v10`, `status` 0 means that the connection was closed."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int

    def __repr__(self) -> str:
        return f"RequestSeen({self.method} {self.path.split('/')[1]}: {self.status})"  # paths hold tokens


async def read_request(request: web.Request) -> tuple[object, Files]:
    """Return the JSON body, or None if it is missing or invalid, and the attached files."""
    if not request.can_read_body:
        return None, {}
    try:
        if request.content_type == "multipart/form-data":
            return await read_form(request)
        return json.loads(await request.read()), {}
    except ValueError:
        return None, {}


def needs_token(request: web.Request) -> bool:
    """Return whether the bot token is required; interactions and webhooks have their own token in the path."""
    path = request.path.removeprefix(PREFIX)
    return not path.startswith(("/interactions/", "/webhooks/")) and path != "/gateway"


def object_of(request: web.Request) -> Json:
    """Return the body of a request.

    Raises:
        ApiError: 50109, because the body is no object.
    """
    body = request[BODY]
    if not isinstance(body, dict):
        raise errors.invalid_json()
    return body


def object_list(request: web.Request) -> list[Json]:
    """Return the objects in the body of a request.

    Raises:
        ApiError: 50109, because the body is no array of objects.
    """
    body = request[BODY]
    if not isinstance(body, list) or not all(isinstance(each, dict) for each in body):
        raise errors.invalid_json()
    return body
