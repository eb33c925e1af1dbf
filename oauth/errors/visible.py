"""Show other people's text as one line of visible characters in their real order."""

from __future__ import annotations

import unicodedata
from typing import Final

_MOST_MARKS: Final = 2  # combining marks on one letter: Thai and Vietnamese need two, a flood has hundreds
_MARKS: Final = frozenset({"Mn", "Me"})
_AT_SIGNS: Final = str.maketrans("\uff20\ufe6b", "@@")  # they look like @, so Discord readers would see a mention
# Letters, marks and symbols that show nothing. Python calls all other invisible characters not printable: zero-width
# characters, direction controls, tags, private use.
_BLANK: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\U00013441\U0001d159"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))  # variation selectors
)


def visible_text(text: str) -> str:
    """Return `text` on one line, without invisible characters, direction controls and piles of combining marks."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept: list[str] = []
    marks = 0
    for character in text:
        if character.isspace():
            kept.append(" ")
        elif not character.isprintable() or character in _BLANK:
            continue
        elif unicodedata.category(character) not in _MARKS:
            kept.append(character)
            marks = 0
        elif marks < _MOST_MARKS and kept and kept[-1] != " ":  # a mark may not change the character before the text
            kept.append(character)
            marks += 1
    return " ".join("".join(kept).translate(_AT_SIGNS).split())
