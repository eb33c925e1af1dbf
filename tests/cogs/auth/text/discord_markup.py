"""Read a message's markup from left to right, as Discord's client does.

If clients of different versions differ, this reader finds the most markup. So a text without markup here is plain text
for all clients.
"""

from __future__ import annotations

import re
import unicodedata

# At the beginning of a line.
BLOCKS = {
    "heading": re.compile(r"(?:#{1,3}|-#)(?=\s|\Z)[ \t]*"),
    "list": re.compile(r"[ \t]*(?:[-*+]|\d+[.)])(?=\s|\Z)[ \t]*"),
    "quote": re.compile(r"[ \t]*>{1,3}"),
}
# Anywhere, tried in this order.
SPANS = {
    "escape": re.compile(r"\\([^0-9A-Za-z\s])"),
    "fence": re.compile(r"```[\s\S]*?```"),
    "code": re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)"),
    "link": re.compile(
        r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]\(\s*<?((?:\([^)]*\)|[^\s\\]|\\.)*?)>?(?:\s[^)]*)?\)"
    ),
    "mention": re.compile(r"<(?:@[!&]?|#)\d+>|@(?:everyone|here)|<id:\w+(?::\d+)?>", re.IGNORECASE),
    "command": re.compile(r"</[^>\n]+:\d+>"),
    "emoji": re.compile(r"<a?:\w+:\d+>|:[\w+~-]+:"),
    "time": re.compile(r"<t:-?\d+(?::\w)?>"),
    "autolink": re.compile(r"<[a-z][a-z0-9+.-]*:[^\s<>]+>|<\+?\d{3,}>|<[^\s<>@]+@[^\s<>]+>", re.IGNORECASE),
    "address": re.compile(r"[a-z][a-z0-9+.-]*://[^\s<]+", re.IGNORECASE),
    "invitation": re.compile(r"\b(?:discord(?:app)?\.(?:gg|com|new|gift)|dis\.gd)/\S", re.IGNORECASE),
    "format": re.compile(r"\*+|_+|~~|\|\|"),
    "bracket": re.compile(r"[\[<`]"),  # nothing by itself; but the next text could make something of it
}


def read(text: str) -> tuple[list[str], str]:
    """Return the kinds of markup in `text`, in their order, and the text that is left to be seen."""
    kinds: list[str] = []
    seen: list[str] = []
    at = 0
    while at < len(text):
        if at == 0 or text[at - 1] == "\n":
            for kind, pattern in BLOCKS.items():
                if block := pattern.match(text, at):
                    kinds.append(kind)
                    at = block.end()
                    break
        for kind, pattern in SPANS.items():
            if not (span := pattern.match(text, at)):
                continue
            if kind == "escape":
                seen.append(span[1])
            elif kind == "code":
                kinds.append(kind)
                seen.append(span[2])
            elif kind == "link":
                kinds.append(f"link to {span[2]}")
                inner, shown = read(span[1])
                kinds += inner
                seen.append(shown)
            else:
                kinds.append(kind)
            at = span.end()
            break
        else:
            seen.append(text[at : at + 1])
            at += 1
    return kinds, "".join(seen)


def hidden(text: str) -> list[str]:
    """Return the characters of `text` that nobody sees, that turn its order, or that pile up."""
    marks, found = 0, []
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if not (character.isprintable() or character == "\n") or marks > 2 or _is_blank(ord(character)):
            found.append(f"U+{ord(character):04X}")
    return found


def _is_blank(number: int) -> bool:
    """Unicode's Default_Ignorable_Code_Point as far as Python prints it, and the blank letter of Braille."""
    ranges = (
        (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800), (0x3164, 0x3164),
        (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF),
    )  # fmt: skip
    return any(first <= number <= last for first, last in ranges)
