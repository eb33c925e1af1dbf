"""How the file's text is laid out: pretty JSON with an indent of two, as serde_json and json write it, by members.

The text of a member begins behind the quote that opens its key, so that what stands between two of them is the same
everywhere. Sound members with BREAK between them are a sound text, so what has not changed is neither read nor written
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
    """The text of a file of these members."""
    return OPEN + BREAK.join(members) + CLOSE if members else "{}"


def member(key: str, fields: Mapping[str, Json]) -> str:
    """The text of one member, an object; as json would indent it, which is written in Python and slow.

    Raises:
        TypeError, ValueError, RecursionError: it cannot be JSON.
    """
    lines = ",\n".join([f"    {encode_basestring(name)}: {_value(value)}" for name, value in fields.items()])
    return f"{encode_basestring(key)[1:]}{COLON}{{\n{lines}\n  }}"


def _value(value: Json) -> str:
    if type(value) is str:
        return encode_basestring(value)
    if type(value) is int:
        return repr(value)
    return _ENCODER.encode(value).replace("\n", "\n    ")  # a string's own line breaks are escaped


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=2)
