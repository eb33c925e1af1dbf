"""The members of a JSON object as they are spelled in its text: what a step leaves untouched has the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

_BLANKS = " \n\r\t"


def members_of(path: Path) -> dict[str, str]:
    """Return the text of each member's value in the file; none if there is no file."""
    text = path.read_text(encoding="utf-8") if path.exists() else "{}"
    decoder, found, at = json.JSONDecoder(), {}, _skip(text, 0, "{")
    while text[at] != "}":
        key, end = decoder.raw_decode(text, at)
        begin = _skip(text, end, ":")
        _, end = decoder.raw_decode(text, begin)
        found[key] = text[begin:end]
        at = _skip(text, end, ",")
    return found


def _skip(text: str, at: int, sign: str) -> int:
    """Return the place behind blanks, at most one `sign`, and the blanks behind it."""
    rest = text[at:].lstrip(_BLANKS).removeprefix(sign).lstrip(_BLANKS)
    return len(text) - len(rest)
