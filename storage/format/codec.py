"""The credential file's text to entries and back, exactly as the Rust agents read and write it.

They parse with serde_json (128 levels, no lone surrogates, no NaN) into an untagged enum: Token is tried first, then
Pending, then Mcp. What they would refuse is damage here and is never written; the other entries are salvaged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from openab_auth.storage.entries import Entry, Json
from openab_auth.storage.errors import InvalidEntryError
from openab_auth.storage.format import json_text, layout, shapes
from openab_auth.storage.format.keys import LEGACY_MARK, check_key

_LEGACY_TENANT: Final = "codex"  # the one vendor of that time
_LEGACY_DEFAULTS: Final = {"token_endpoint": "https://auth.openai.com/oauth/token", "provider": _LEGACY_TENANT}
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_BYTE_ORDER_MARK: Final = "\ufeff"

Members: TypeAlias = Mapping[str, tuple[Entry, str]]  # by key: an entry and its text in the file


@dataclass(frozen=True, slots=True)
class Damage:
    """An entry that fits no shape, or (`key` is None) a text that is not JSON."""

    key: str | None
    reason: str

    def __str__(self) -> str:
        return self.reason if self.key is None else f"the entry {self.key[:80]!a}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a text holds: the entries that parse, in its order, and what does not; of `members` the texts are known."""

    entries: dict[str, Entry]
    damage: tuple[Damage, ...] = ()
    legacy: bool = False
    members: Members = field(default_factory=dict, repr=False)


def decode(text: str, known: Members | None = None) -> Decoded:
    """Read the file's text, but no member that is `known`; never raises, what does not parse is told as damage."""
    members = _decode_laid_out(text, known or {})
    if members is not None:
        return Decoded({key: entry for key, (entry, _) in members.items()}, members=members)
    if text.startswith(_BYTE_ORDER_MARK):  # an editor's; the agents take it for no JSON at all
        inner = decode(text[1:])
        return Decoded(inner.entries, (Damage(None, "it begins with a byte order mark"), *inner.damage), inner.legacy)
    try:
        top = json_text.parse(text)
    except (ValueError, RecursionError) as error:
        return _salvage(text, _reason(error))
    if not isinstance(top, dict):
        return Decoded({}, (Damage(None, "it is not a JSON object"),))
    if LEGACY_MARK in top and not isinstance(top[LEGACY_MARK], dict):
        return _decode_legacy(top)
    decoded = _decode_members(iter(top.items()))
    doubled = isinstance(
        top, json_text.Doubled
    )  # the agents read each of them, and one that fits no shape ends them all
    return Decoded(decoded.entries, (*((Damage(None, _DOUBLED),) if doubled else ()), *decoded.damage))


def encode(entries: Mapping[str, Entry]) -> str:
    """The file's text: pretty JSON with an indent of two, as serde_json writes it."""
    return join(members(entries, {}))


def members(entries: Mapping[str, Entry], known: Members) -> Members:
    """Each entry with its own text; what `known` holds of it already is not written out again."""
    return {
        key: same
        if (same := known.get(key)) is not None and same[0] is entry
        else (entry, layout.member(key, shapes.to_json(entry)))
        for key, entry in entries.items()
    }


def join(members: Members) -> str:
    """The file's text from its members' texts."""
    return layout.join([text for _, text in members.values()])


def check(key: str, entry: Entry) -> str:
    """The text of an entry as a member, which the agents will read back as what it is.

    Raises:
        InvalidTenantError: no entry can lie under this key.
        InvalidEntryError: it fits none of the three shapes, or reads back as another one.
    """
    check_key(key)
    try:
        fields = shapes.to_json(entry)
        text = layout.member(key, fields)
        text.encode("utf-8")
        read = shapes.from_json(fields if _is_flat(fields) else _value(key, text))
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InvalidEntryError(key, _reason(error)) from None
    if type(read) is not type(entry):
        raise InvalidEntryError(key, f"it would be read as {type(read).__name__}")
    return text


def _is_flat(fields: Mapping[str, Json]) -> bool:
    """Whether they are read back as what they are, whatever they are: most logins are of such fields alone."""
    return all(type(value) is str or json_text.is_u64(value) for value in fields.values())


def _value(key: str, member: str) -> object:
    """What is read of a member's text."""
    text = layout.join([member])
    top = json_text.parse(text)
    assert isinstance(top, dict)  # noqa: S101 - a text of members is an object
    return top[key]


def _decode_laid_out(text: str, known: Members) -> Members | None:
    """Member by member, none of the `known` ones; None when it is laid out differently or anything is not sound."""
    members: dict[str, tuple[Entry, str]] = {}
    separator, at = layout.OPEN, 0
    try:
        while text.startswith(separator, at):
            begin = at + len(separator)
            key, colon = _PLAIN.raw_decode(text, begin - 1)  # the quote is the separator's
            if key in members or key == LEGACY_MARK or not text.startswith(layout.COLON, colon):
                return None
            member = known.get(key)
            if member is not None and text.startswith(member[1], begin):
                at = begin + len(member[1])
            else:
                value, at = _PLAIN.raw_decode(text, colon + len(layout.COLON))
                own = text[begin:at]
                if not _is_plain(value, own):
                    value, _ = json_text.DECODER.raw_decode(text, colon + len(layout.COLON))
                    json_text.check_text(own, {key: value})
                member = shapes.from_json(value), own
            members[key] = member
            separator = layout.BREAK
    except (ValueError, RecursionError):
        return None
    return members if members and text[at:] == layout.CLOSE else None


def _is_plain(value: object, member: str) -> bool:
    """True only where `_PLAIN` certainly read what serde would: strings, whole numbers, and no name twice."""
    if not isinstance(value, dict) or "\\" in member:
        return False
    strings = 0
    for one in value.values():
        if type(one) is str:
            strings += 1
        elif not json_text.is_u64(one) or (one == 0 and "-0" in member):
            return False
    return member.count('"') == 1 + 2 * (len(value) + strings)  # it begins behind its key's opening quote


def _decode_legacy(top: dict[str, Any]) -> Decoded:
    decoded = _decode_members(iter([(_LEGACY_TENANT, {**_LEGACY_DEFAULTS, **top})]))
    return Decoded(decoded.entries, decoded.damage, legacy=True)


def _decode_members(members: Iterator[tuple[str, Any]]) -> Decoded:
    entries: dict[str, Entry] = {}
    damage: list[Damage] = []
    for key, value in members:
        try:
            entries[key] = shapes.from_json(None if key == LEGACY_MARK else value)
        except shapes.NoShapeError as error:
            entries.pop(key, None)
            damage.append(Damage(key, error.reason))
    return Decoded(entries, tuple(damage))


def _salvage(text: str, reason: str) -> Decoded:
    """What can still be read of a text that is not wholly JSON: its members up to the tear, each sound in itself."""
    decoded = _decode_members(_sound_members(text))
    return Decoded(decoded.entries, (Damage(None, reason), *decoded.damage))


def _sound_members(text: str) -> Iterator[tuple[str, Any]]:
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        return
    while text[at : at + 1] in ("{", ","):
        try:
            begin = _skip(text, at + 1)
            key, at = json_text.DECODER.raw_decode(text, begin)
            at = _skip(text, at)
            if not isinstance(key, str) or text[at : at + 1] != ":":
                return
            start = _skip(text, at + 1)
            value, at = json_text.DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            return
        at = _skip(text, at)
        if text[at : at + 1] not in (",", "}"):
            return  # torn right after a value: a number may have lost digits
        try:
            json_text.check_text(text[begin:at], {key: value})
        except ValueError:
            continue
        yield key, value


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


_DOUBLED: Final = "it holds two entries under one key"


def _reason(error: Exception) -> str:
    """Why, without a word of the text itself: it may be a secret."""
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {error.msg.split(':')[0]} at line {error.lineno}, column {error.colno}"
    if isinstance(error, json_text.RefusedError | shapes.NoShapeError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):
        return json_text.LONE_SURROGATE
    if isinstance(error, RecursionError):
        return json_text.TOO_DEEP
    if isinstance(error, ValueError):
        return json_text.NO_NUMBER
    return "a field has a type that JSON does not have"


_PLAIN: Final = json.JSONDecoder()  # no hooks, so all in C; takes NaN, -0 and names that are there twice
