"""Discord's rules for messages in components v2: a message of texts, pictures, rows and containers.

See https://discord.com/developers/docs/components/reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from openab_auth.bot.playground.discord.rules.errors import ApiError, bad_field

IS_COMPONENTS_V2: Final = 1 << 15  # a message flag; once set, it stays
ROW: Final = 1
BUTTON: Final = 2
SECTION: Final = 9
TEXT: Final = 10
THUMBNAIL: Final = 11
GALLERY: Final = 12
FILE: Final = 13
SEPARATOR: Final = 14
CONTAINER: Final = 17

_INSIDE: Final = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR})
_ALONE: Final = _INSIDE | {CONTAINER}
_MOST: Final = 40  # components of a message, nested ones included
_TEXTS: Final = 4000  # characters of all texts of a message
_BYTES: Final = 10_170  # of all texts, with 12 for each; beyond them Discord answers 500
_PER_TEXT: Final = 12
_IN_SECTION: Final = 3
_PICTURES: Final = 10
_COLOUR: Final = 0xFFFFFF
_OUTSIDE: Final = ("content", "embeds", "poll", "sticker_ids")  # parts that such a message cannot have
_ATTACHED: Final = "attachment://"


def check_layout(body: Mapping[str, Any], at: str = "") -> None:
    """Check a message with the flag IS_COMPONENTS_V2; `body` is the whole message, after an edit.

    Raises:
        FormError: it exceeds a limit, or contains something that such a message cannot have.
        ApiError: 500, because its texts have too many bytes.
    """
    for name in _OUTSIDE:
        if body.get(name):
            what = f"The {name} field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            raise bad_field(f"{at}{name}", what, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2")
    shown = body.get("components") or []
    where = f"{at}components"
    _count(shown, where, _MOST)
    _check_kinds(shown, _ALONE, where)
    everything = list(walk(shown))
    _count(everything, where, _MOST)
    for part in everything:
        _check(part, where)
    _check_texts([str(part["content"]) for part in everything if part["type"] == TEXT], where)
    _check_media(everything, body.get("attachments") or [], where)


def walk(shown: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield every component, each before the components inside it."""
    for part in shown:
        yield part
        yield from walk(part.get("components") or [])
        yield from walk([part[key] for key in ("accessory", "component") if part.get(key)])


def text_of(shown: Sequence[Mapping[str, Any]]) -> str:
    """Return all texts of a message in components v2, one below the other."""
    return "\n".join(str(part["content"]) for part in walk(shown) if part.get("type") == TEXT)


def media_of(part: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the pictures and files that a component shows."""
    items = [item["media"] for item in part.get("items") or []]
    return items + [part[key] for key in ("media", "file") if part.get(key)]


def _check(part: Mapping[str, Any], where: str) -> None:
    match part["type"]:
        case 1:
            _count(part.get("components") or [], where, 5)
        case 9:
            texts = part.get("components") or []
            _count(texts, where, _IN_SECTION)
            _check_kinds(texts, frozenset({TEXT}), where)
            _check_kinds([part.get("accessory") or {}], frozenset({BUTTON, THUMBNAIL}), where)
        case 10:
            if not str(part.get("content") or "").strip():
                raise bad_field(f"{where}.content", "This field is required", "BASE_TYPE_REQUIRED")
        case 12:
            _count(part.get("items") or [], where, _PICTURES)
        case 17:
            _count(part.get("components") or [], where, _MOST)
            _check_kinds(part["components"], _INSIDE, where)
            if not 0 <= int(part.get("accent_color") or 0) <= _COLOUR:
                raise bad_field(f"{where}.accent_color", "int value should be a colour.", "NUMBER_TYPE_MAX")
        case _:
            pass


def _check_kinds(parts: Sequence[Mapping[str, Any]], kinds: frozenset[int], where: str) -> None:
    for number, part in enumerate(parts):
        if part.get("type") not in kinds:
            what = f'Value of field "type" must be one of {tuple(sorted(kinds))}.'
            raise bad_field(f"{where}.{number}.type", what, "UNION_TYPE_CHOICES")


def _count(items: Sequence[object], where: str, most: int) -> None:
    if not 1 <= len(items) <= most:
        raise bad_field(where, f"Must be between 1 and {most} in length.", "BASE_TYPE_BAD_LENGTH")


def _check_texts(texts: Sequence[str], where: str) -> None:
    if sum(len(text) for text in texts) > _TEXTS:
        what = f"The total displayable text length exceeds {_TEXTS} characters"
        raise bad_field(where, what, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED")
    if sum(len(text.encode()) + _PER_TEXT for text in texts) > _BYTES:
        raise ApiError(500, 0, "500: Internal Server Error")


def _check_media(parts: Sequence[Mapping[str, Any]], attachments: Sequence[Mapping[str, Any]], where: str) -> None:
    names = {str(each.get("filename")) for each in attachments}
    for part in parts:
        for media in media_of(part):
            name = str(media.get("url")).removeprefix(_ATTACHED)
            if str(media.get("url")).startswith(_ATTACHED) and name not in names:
                raise bad_field(where, f"The referenced attachment {name!r} was not found.", "ATTACHMENT_NOT_FOUND")
