"""Lays out the text of the file: JSON with an indent of two, as serde_json and json write it, member by member.

The text of a member begins after the quote that opens its key, so the text between two members is always BREAK. Valid
members with BREAK between them are valid text. Members that have not changed are therefore neither parsed nor encoded
again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from json.encoder import encode_basestring
from typing import Final

from openab_auth.storage.entries import Json

OPEN: Final = '{\n  "'
COLON: Final = ": "
BREAK: Final = ',\n  "'
CLOSE: Final = "\n}"


def join(members: Collection[str]) -> str:
    """Return the text of a file with these members."""
    return OPEN + BREAK.join(members) + CLOSE if members else "{}"


def member(key: str, fields: Mapping[str, Json]) -> str:
    """Return the text of one member whose value is an object, indented as json does it, but faster.

    Raises:
        TypeError, ValueError, RecursionError: the fields cannot be written as JSON.
    """
    lines = ",\n".join([f"    {encode_basestring(name)}: {_value(value)}" for name, value in fields.items()])
    return f"{encode_basestring(key)[1:]}{COLON}{{\n{lines}\n  }}"


def _value(value: Json) -> str:
    if type(value) is str:
        return encode_basestring(value)
    if type(value) is int:
        return repr(value)
    return _ENCODER.encode(value).replace(
        "\n", "\n    "
    )  # line breaks inside strings are escaped, so all others are layout


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=2)
