"""Answers of Discord's REST API that are no success, with Discord's own codes."""

from __future__ import annotations

import json
from typing import Final

from aiohttp import web

JSON: Final = {"Content-Type": "application/json"}  # exactly this: with a charset discord.py keeps the body as text


def json_reply(body: object, status: int = 200) -> web.Response:
    """A JSON answer with the content type that Discord uses."""
    return web.Response(status=status, body=json.dumps(body).encode(), headers=JSON)


class ApiError(Exception):
    """What a request is refused with: HTTP status, Discord's own code, and words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, object] = {"message": message, "code": code}

    def reply(self) -> web.Response:
        """The refusal on the wire."""
        return json_reply(self.body, self.status)


class FormError(ApiError):
    """A field of the body is not what Discord takes (50035); `where` is its path, dots between the keys."""

    def __init__(self, where: str, what: str, kind: str) -> None:
        super().__init__(400, 50035, "Invalid Form Body")
        nested: dict[str, object] = {"_errors": [{"code": kind, "message": what}]}
        for key in reversed(where.split(".")):
            nested = {key: nested}
        self.body["errors"] = nested


def bad_field(where: str, what: str, kind: str = "BASE_TYPE_CHOICES") -> FormError:
    """A field of the body is not what Discord takes; `kind` is Discord's name for what is wrong."""
    return FormError(where, what, kind)


def unauthorized() -> ApiError:
    """There is no bot token, or it is wrong."""
    return ApiError(401, 0, "401: Unauthorized")


def unknown_interaction() -> ApiError:
    """The interaction was not answered within 3 s, or there is none of this id and token."""
    return ApiError(404, 10062, "Unknown interaction")


def already_acknowledged() -> ApiError:
    """The interaction has its answer."""
    return ApiError(400, 40060, "Interaction has already been acknowledged.")


def unknown_webhook() -> ApiError:
    """A followup before the acknowledgement, or for another application."""
    return ApiError(404, 10015, "Unknown Webhook")


def invalid_token() -> ApiError:
    """The interaction's 15 minutes are over."""
    return ApiError(401, 50027, "Invalid Webhook Token")


def unknown_message() -> ApiError:
    """There is no such message."""
    return ApiError(404, 10008, "Unknown Message")


def unknown_channel() -> ApiError:
    """There is no such channel."""
    return ApiError(404, 10003, "Unknown Channel")


def unknown_member() -> ApiError:
    """Nobody of this id is in the guild."""
    return ApiError(404, 10007, "Unknown Member")


def empty_message() -> ApiError:
    """A message needs something to show."""
    return ApiError(400, 50006, "Cannot send an empty message")


def invalid_json() -> ApiError:
    """The body is no JSON of the kind that the route takes."""
    return ApiError(400, 50109, "The request body contains invalid JSON.")
