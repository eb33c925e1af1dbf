"""Scopes as servers write them (RFC 6749 3.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from openab_auth.storage.entries import Json

_MOST: Final = 1000  # of one list
_LONGEST: Final = 16 * 1024  # characters of one text; beyond either limit, nothing is read of it
_SCOPE: Final = re.compile(r"[!#-\[\]-~]{1,200}")


def scopes_of(value: Json) -> tuple[str, ...]:
    """Scopes as one text with spaces, or as servers also give them: a list, or a text with commas (RFC 6749 3.3)."""
    words: Sequence[Json] = value if isinstance(value, list) and len(value) <= _MOST else []
    if isinstance(value, str) and len(value) <= _LONGEST:
        words = value.split() if " " in value else value.split(",")
    return tuple(dict.fromkeys(word for word in words if isinstance(word, str) and _SCOPE.fullmatch(word)))
