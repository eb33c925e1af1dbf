"""Discord's documented limits on messages, components, modals and autocomplete lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from openab_auth.bot.playground.discord.rules.errors import bad_field
from openab_auth.bot.playground.discord.rules.layouts import IS_COMPONENTS_V2, ROW, check_layout, walk

ACK_DEADLINE: Final = 3.0  # seconds from an interaction to its callback
TOKEN_LIFETIME: Final = 15 * 60.0  # seconds until an interaction's token expires
LINK: Final = 5  # the style of a link button

_CONTENT: Final = 2000
_EMBEDS: Final = 10
_EMBED: Final = {"title": 256, "description": 4096}
_FIELD: Final = {"name": 256, "value": 1024}
_EMBED_TOTAL: Final = 6000
_MANY: Final = 25  # fields, select options, choices
_ROWS: Final = 5
_IN_ROW: Final = 5
_LABEL: Final = 80
_URL: Final = 512
_ID: Final = 100
_INPUT: Final = 4000
_BUTTON: Final = 2
_INTERACTIVE: Final = frozenset({2, 3, 4, 5, 6, 7, 8})  # buttons, selects and text inputs


def check_message(body: Mapping[str, Any], at: str = "", before: Mapping[str, Any] | None = None) -> None:
    """Check a message; `at` is the path of the message in the request, with a dot at the end.

    An edit has the message `before` it: the flag for components v2 can be set, but never removed.

    Raises:
        FormError: the message exceeds a limit.
    """
    before = before or {}
    if (int(body.get("flags") or 0) | int(before.get("flags") or 0)) & IS_COMPONENTS_V2:
        check_layout({**before, **body}, at)
        _check_parts(body.get("components") or [], f"{at}components")
        return
    length(body.get("content"), f"{at}content", _CONTENT)
    embeds = body.get("embeds") or []
    count(embeds, f"{at}embeds", _EMBEDS)
    for number, embed in enumerate(embeds):
        _check_embed(embed, f"{at}embeds.{number}")
    if sum(_embed_length(embed) for embed in embeds) > _EMBED_TOTAL:
        raise bad_field(f"{at}embeds", "Embed size exceeds maximum size of 6000", "MAX_EMBED_SIZE_EXCEEDED")
    check_components(body.get("components") or [], f"{at}components")


def check_components(rows: Sequence[Mapping[str, Any]], at: str) -> None:
    """Check rows, buttons and select menus.

    Raises:
        FormError: they exceed a limit.
    """
    count(rows, at, _ROWS)
    for number, row in enumerate(rows):
        if row.get("type") != ROW:
            raise bad_field(f"{at}.{number}.type", "Value must be one of {1}.")
        count(row.get("components") or [], f"{at}.{number}.components", _IN_ROW, least=1)
    _check_parts(rows, at)


def _check_parts(rows: Sequence[Mapping[str, Any]], at: str) -> None:
    ids = [part["custom_id"] for part in parts(rows) if part.get("custom_id")]
    if len(ids) != len(set(ids)):
        raise bad_field(at, "Component custom id cannot be duplicated", "COMPONENT_CUSTOM_ID_DUPLICATED")
    for part in parts(rows):
        _check_part(part, at)


def check_modal(modal: Mapping[str, Any]) -> None:
    """Check a modal.

    Raises:
        FormError: the modal exceeds a limit.
    """
    length(modal.get("title"), "data.title", 45, least=1)
    length(modal.get("custom_id"), "data.custom_id", _ID, least=1)
    rows = modal.get("components") or []
    count(rows, "data.components", _ROWS, least=1)
    for number, row in enumerate(rows):
        length(row.get("label"), f"data.components.{number}.label", 45)
        length(row.get("description"), f"data.components.{number}.description", 100)
    for part in parts(rows):
        _check_part(part, "data.components")
        length(part.get("placeholder"), "data.components.placeholder", 100)
        length(part.get("value"), "data.components.value", _INPUT)
        if not 1 <= int(part.get("max_length") or _INPUT) <= _INPUT:
            raise bad_field("data.components.max_length", "int value should be between 1 and 4000.", "NUMBER_TYPE_MAX")


def check_choices(choices: Sequence[Mapping[str, Any]]) -> None:
    """Check an autocomplete list.

    Raises:
        FormError: the list exceeds a limit.
    """
    count(choices, "data.choices", _MANY)
    for number, choice in enumerate(choices):
        length(choice.get("name"), f"data.choices.{number}.name", 100, least=1)
        length(choice.get("value"), f"data.choices.{number}.value", 100)


def parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the buttons, menus and inputs, wherever they are in the message or in the form."""
    yield from (part for part in walk(rows) if part.get("type") in _INTERACTIVE)


def length(text: object, where: str, most: int, *, least: int = 0) -> None:
    """Check the length of a text.

    Raises:
        FormError: the text is too long or too short.
    """
    if not least <= _length(text) <= most:
        raise bad_field(where, f"Must be between {least} and {most} in length.", "BASE_TYPE_BAD_LENGTH")


def count(items: Sequence[object], where: str, most: int, *, least: int = 0) -> None:
    """Check the number of items.

    Raises:
        FormError: there are too many or too few.
    """
    if not least <= len(items) <= most:
        raise bad_field(where, f"Must be between {least} and {most} in length.", "BASE_TYPE_BAD_LENGTH")


def _check_part(part: Mapping[str, Any], at: str) -> None:
    length(part.get("label"), f"{at}.label", _LABEL)
    length(part.get("url"), f"{at}.url", _URL)
    count(part.get("options") or [], f"{at}.options", _MANY)
    link = part.get("type") == _BUTTON and part.get("style") == LINK
    if (link and part.get("custom_id")) or (link != bool(part.get("url"))):
        raise bad_field(at, "A link button has a url and no custom id; others have no url", "BUTTON_COMPONENT_INVALID")
    if part.get("type") in _INTERACTIVE and not link:
        length(part.get("custom_id"), f"{at}.custom_id", _ID, least=1)


def _check_embed(embed: Mapping[str, Any], at: str) -> None:
    for key, most in _EMBED.items():
        length(embed.get(key), f"{at}.{key}", most)
    length((embed.get("footer") or {}).get("text"), f"{at}.footer.text", 2048)
    length((embed.get("author") or {}).get("name"), f"{at}.author.name", 256)
    fields = embed.get("fields") or []
    count(fields, f"{at}.fields", _MANY)
    for number, field in enumerate(fields):
        for key, most in _FIELD.items():
            length(field.get(key), f"{at}.fields.{number}.{key}", most, least=1)


def _embed_length(embed: Mapping[str, Any]) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    texts += [field.get(key) for field in embed.get("fields") or [] for key in _FIELD]
    return sum(_length(text) for text in texts)


def _length(text: object) -> int:
    return 0 if text is None else len(str(text))
