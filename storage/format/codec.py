"""Turns the text of the credential file into entries and back, exactly as the Rust agents do.

The agents parse with serde_json (128 levels, no lone surrogates, no NaN) into an untagged enum: Token is tried first,
then Pending, then Mcp. An entry that they would refuse is damage here and is never written; other entries are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from openab_auth.storage.entries import Entry, Json
from openab_auth.storage.errors import InvalidEntryError
from openab_auth.storage.format import json_text, layout, shapes
from openab_auth.storage.format.keys import LEGACY_MARK, check_key

_LEGACY_TENANT: Final = "codex"  # the only vendor at that time
_LEGACY_DEFAULTS: Final = {"token_endpoint": "https://auth.openai.com/oauth/token", "provider": _LEGACY_TENANT}
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_BYTE_ORDER_MARK: Final = "\ufeff"

Members: TypeAlias = Mapping[str, tuple[Entry, str]]  # each entry with its text in the file, by key


class Damage(NamedTuple):
    """An entry that fits no shape, or a text that is not JSON; then `key` is None."""

    key: str | None
    reason: str

    def __str__(self) -> str:
        return self.reason if self.key is None else f"the entry {self.key[:80]!a}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Decoded:
    """The entries of a text in their order, and its damage; `members` has the known texts of entries."""

    entries: dict[str, Entry]
    damage: tuple[Damage, ...] = ()
    legacy: bool = False
    members: Members = field(default_factory=dict, repr=False)


def decode(text: str, known: Members | None = None) -> Decoded:
    """Parse the text of the file, except members that are `known`; report errors as damage and never raise."""
    members = _decode_laid_out(text, known or {})
    if members is not None:
        return Decoded({key: entry for key, (entry, _) in members.items()}, members=members)
    if text.startswith(_BYTE_ORDER_MARK):  # some editors write it; to the agents this is not JSON
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
        top, json_text.RepeatedFields
    )  # the agents read both entries, and refuse the file if one fits no shape
    return Decoded(decoded.entries, (*((Damage(None, _DOUBLED),) if doubled else ()), *decoded.damage))


def encode(entries: Mapping[str, Entry]) -> str:
    """Return the text of a file: JSON with an indent of two, as serde_json writes it."""
    return join(members(entries, {}))


def members(entries: Mapping[str, Entry], known: Members) -> Members:
    """Return each entry with its text; take the text from `known` if the entry is the same object."""
    return {
        key: same
        if (same := known.get(key)) is not None and same[0] is entry
        else (entry, layout.member(key, shapes.to_json(entry)))
        for key, entry in entries.items()
    }


def join(members: Members) -> str:
    """Return the text of a file with these members."""
    return layout.join([text for _, text in members.values()])


def check(key: str, entry: Entry) -> str:
    """Return the text of an entry as a member, after a check that the agents will read the same entry from it.

    Raises:
        InvalidTenantError: no entry can have this key.
        InvalidEntryError: the entry fits none of the three shapes, or would be read as another shape.
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
    """Return whether all fields are strings or integers, which every parser reads alike; most logins are like that."""
    return all(type(value) is str or json_text.is_u64(value) for value in fields.values())


def _value(key: str, member: str) -> object:
    """Return the value that is parsed from the text of a member."""
    text = layout.join([member])
    top = json_text.parse(text)
    assert isinstance(top, dict)  # noqa: S101 - a text of members is an object
    return top[key]


def _decode_laid_out(text: str, known: Members) -> Members | None:
    """Parse the members that are not `known`; return None if the layout is not ours or anything is invalid."""
    members: dict[str, tuple[Entry, str]] = {}
    separator, at = layout.OPEN, 0
    try:
        while text.startswith(separator, at):
            begin = at + len(separator)
            key, colon = _PLAIN.raw_decode(text, begin - 1)  # the opening quote belongs to the separator
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
    """Return whether serde certainly reads the same: only strings and integers, and no name twice."""
    if not isinstance(value, dict) or "\\" in member:
        return False
    strings = 0
    for one in value.values():
        if type(one) is str:
            strings += 1
        elif not json_text.is_u64(one) or (one == 0 and "-0" in member):
            return False
    return member.count('"') == 1 + 2 * (len(value) + strings)  # the text begins after the opening quote of its key


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
    """Return the valid members of a text that is not valid as a whole, up to its first syntax error."""
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
            return  # the text ends right after a value; a number may have lost digits
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
    """Return why the text was refused, without quoting the text, which may contain a secret."""
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


_PLAIN: Final = json.JSONDecoder()  # without hooks, so it runs in C; it accepts NaN, -0 and repeated names
