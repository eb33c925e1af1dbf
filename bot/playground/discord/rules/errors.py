"""Error replies of Discord's REST API, with Discord's codes."""

from __future__ import annotations

import json
from typing import Final

from aiohttp import web

DAILY_CREATIONS_CODE: Final = 30034
DAILY_CREATIONS_USED: Final = "Max number of daily application command creates has been reached (200)"
JSON: Final = {"Content-Type": "application/json"}  # with a charset, discord.py would not parse the body


def json_reply(body: object, status: int = 200) -> web.Response:
    """Return a JSON reply with the content type that Discord uses."""
    return web.Response(status=status, body=json.dumps(body).encode(), headers=JSON)


class ApiError(Exception):
    """An error reply: HTTP status, Discord's code and message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, object] = {"message": message, "code": code}

    def reply(self) -> web.Response:
        """Return the HTTP reply."""
        return json_reply(self.body, self.status)


class FormError(ApiError):
    """A field of the body is invalid (50035); `where` is the path to the field, with dots between the keys."""

    def __init__(self, where: str, what: str, kind: str) -> None:
        super().__init__(400, 50035, "Invalid Form Body")
        nested: dict[str, object] = {"_errors": [{"code": kind, "message": what}]}
        for key in reversed(where.split(".")):
            nested = {key: nested}
        self.body["errors"] = nested


def bad_field(where: str, what: str, kind: str = "BASE_TYPE_CHOICES") -> FormError:
    """Return the error for an invalid field; `kind` is Discord's name for the mistake."""
    return FormError(where, what, kind)


def unauthorized() -> ApiError:
    """Return the error for a missing or wrong bot token."""
    return ApiError(401, 0, "401: Unauthorized")


def unknown_interaction() -> ApiError:
    """Return the error for an unknown interaction, or for a callback after 3 s."""
    return ApiError(404, 10062, "Unknown interaction")


def already_acknowledged() -> ApiError:
    """Return the error for a second callback."""
    return ApiError(400, 40060, "Interaction has already been acknowledged.")


def unknown_webhook() -> ApiError:
    """Return the error for a followup before the callback, or for another application."""
    return ApiError(404, 10015, "Unknown Webhook")


def invalid_token() -> ApiError:
    """Return the error for an interaction token older than 15 minutes."""
    return ApiError(401, 50027, "Invalid Webhook Token")


def unknown_message() -> ApiError:
    """Return the error for an unknown message."""
    return ApiError(404, 10008, "Unknown Message")


def unknown_channel() -> ApiError:
    """Return the error for an unknown channel."""
    return ApiError(404, 10003, "Unknown Channel")


def missing_access() -> ApiError:
    """Return the error for a channel that the bot may not see, and for another guild."""
    return ApiError(403, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    """Return the error for a message that the bot may not write."""
    return ApiError(403, 50013, "Missing Permissions")


def thread_archived(*, locked: bool) -> ApiError:
    """Return the error for a change of a message in an archived thread, or for a new message if it is `locked`, too."""
    return ApiError(403 if locked else 400, 50083, "Thread is archived")


def unknown_user() -> ApiError:
    """Return the error for an unknown user."""
    return ApiError(404, 10013, "Unknown User")


def unknown_member() -> ApiError:
    """Return the error for a user who is not in the guild."""
    return ApiError(404, 10007, "Unknown Member")


def entry_point_left_out() -> ApiError:
    """Return the error for a registration without the Entry Point command of an app with Activities."""
    return ApiError(
        400,
        50240,
        "You cannot remove this app's Entry Point command in a bulk update operation. "
        "Please include the Entry Point command in your update request or delete it separately.",
    )


def empty_message() -> ApiError:
    """Return the error for a message without content."""
    return ApiError(400, 50006, "Cannot send an empty message")


def invalid_json() -> ApiError:
    """Return the error for a body that is not the expected JSON."""
    return ApiError(400, 50109, "The request body contains invalid JSON.")
