"""Read scopes as servers write them (RFC 6749 3.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from openab_auth.storage.entries import Json

_MOST: Final = 1000  # of one list
_LONGEST: Final = 16 * 1024  # characters of one text; longer texts and lists are ignored
_SCOPE: Final = re.compile(r"[!#-\[\]-~]{1,200}")


def scopes_of(value: Json) -> tuple[str, ...]:
    """Return the scopes in a text with spaces (RFC 6749 3.3), a text with commas, or a list."""
    words: Sequence[Json] = value if isinstance(value, list) and len(value) <= _MOST else []
    if isinstance(value, str) and len(value) <= _LONGEST:
        words = value.split() if " " in value else value.split(",")
    return tuple(dict.fromkeys(word for word in words if isinstance(word, str) and _SCOPE.fullmatch(word)))
