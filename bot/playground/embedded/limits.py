"""What Discord refuses: its documented limits, as it answers to a bot that passes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from bot.playground.embedded.wire import json_reply

EPHEMERAL: Final = 64
LOADING: Final = 128
ACK_DEADLINE: Final = 3.0  # seconds from an interaction to its answer
TOKEN_LIFETIME: Final = 15 * 60.0  # seconds in which an interaction's token serves
_MANY: Final = 25
_BUTTONS_IN_ROW: Final = 5


class ApiError(Exception):
    """An answer of Discord's REST API that is no success: HTTP status, Discord's own code, and words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "code": code}

    def reply(self) -> web.Response:
        """The answer on the wire."""
        return json_reply(self.body, status=self.status)


def unknown_interaction() -> ApiError:
    """The interaction was not answered within 3 s, or there is none of this token."""
    return ApiError(404, 10062, "Unknown interaction")


def already_acknowledged() -> ApiError:
    """The interaction has its answer."""
    return ApiError(400, 40060, "Interaction has already been acknowledged.")


def invalid_token() -> ApiError:
    """The interaction's 15 minutes are over."""
    return ApiError(401, 50027, "Invalid Webhook Token")


def invalid_form(where: str, what: str) -> ApiError:
    """A field passes a limit."""
    return ApiError(400, 50035, f"Invalid Form Body\nIn {where}: {what}")


def check_message(body: Mapping[str, Any], *, partial: bool = False) -> None:
    """Refuse a message that Discord would refuse; `partial` for an edit."""
    _length(body.get("content"), "content", 2000)
    embeds = body.get("embeds") or []
    if len(embeds) > 10:
        raise invalid_form("embeds", "Must be 10 or fewer in length.")
    for embed in embeds:
        _length(embed.get("title"), "embeds.title", 256)
        _length(embed.get("description"), "embeds.description", 4096)
        for each in embed.get("fields") or []:
            _length(each.get("name"), "embeds.fields.name", 256)
            _length(each.get("value"), "embeds.fields.value", 1024)
    check_components(body.get("components") or [])
    if not partial and not (body.get("content") or embeds or body.get("components")):
        raise ApiError(400, 50006, "Cannot send an empty message")


def check_components(rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse rows, buttons and selects beyond Discord's limits."""
    if len(rows) > 5:
        raise invalid_form("components", "Must be 5 or fewer in length.")
    ids = [part["custom_id"] for part in parts(rows) if part.get("custom_id")]
    if len(ids) != len(set(ids)):
        raise invalid_form("components", "Component custom id cannot be duplicated")
    for row in rows:
        if len(row.get("components") or []) > _BUTTONS_IN_ROW:
            raise invalid_form("components", "Must be between 1 and 5 in length.")
    for part in parts(rows):
        _length(part.get("label"), "components.label", 80)
        _length(part.get("url"), "components.url", 512)
        if (
            part.get("type") in {2, 3, 4}
            and part.get("style") != _LINK
            and not 1 <= len(part.get("custom_id", "")) <= 100
        ):
            raise invalid_form("components.custom_id", "Must be between 1 and 100 in length.")


_LINK: Final = 5


def check_modal(modal: Mapping[str, Any]) -> None:
    """Refuse a modal beyond Discord's limits."""
    _length(modal.get("title"), "data.title", 45, least=1)
    _length(modal.get("custom_id"), "data.custom_id", 100, least=1)
    rows = modal.get("components") or []
    if not 1 <= len(rows) <= 5:
        raise invalid_form("data.components", "Must be between 1 and 5 in length.")
    for row in rows:
        _length(row.get("label"), "data.components.label", 45)
        _length(row.get("description"), "data.components.description", 100)
    for part in parts(rows):
        _length(part.get("placeholder"), "data.components.placeholder", 100)
        if not 1 <= part.get("max_length", 4000) <= 4000:
            raise invalid_form("data.components.max_length", "Must be between 1 and 4000.")


def check_choices(choices: Sequence[Mapping[str, Any]]) -> None:
    """Refuse autocomplete answers beyond Discord's limits."""
    if len(choices) > _MANY:
        raise invalid_form("data.choices", "Must be 25 or fewer in length.")
    for choice in choices:
        _length(choice.get("name"), "data.choices.name", 100, least=1)
        _length(str(choice.get("value")), "data.choices.value", 100)


def check_commands(commands: Sequence[Mapping[str, Any]]) -> None:
    """Refuse command names, descriptions and counts beyond Discord's limits."""
    for command in commands:
        name = command.get("name", "")
        _length(name, "name", 32, least=1)
        if name != name.lower() or " " in name:
            raise invalid_form("name", "Command name is invalid")
        _length(command.get("description"), "description", 100, least=1)
        options = command.get("options") or []
        if len(options) > _MANY:
            raise invalid_form("options", "Must be 25 or fewer in length.")
        check_commands(options)


def parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The components within rows (type 1) and labels (type 18)."""
    for row in rows:
        if "component" in row:
            yield row["component"]
        yield from row.get("components") or []


def _length(text: object, where: str, most: int, *, least: int = 0) -> None:
    if text is None and not least:
        return
    length = len(str(text or "").encode("utf-16-le")) // 2  # as JavaScript counts
    if not least <= length <= most:
        raise invalid_form(where, f"Must be between {least} and {most} in length.")
