"""Keeps Discord from reading somebody else's text as markup: only our own sentences are markup.

`Language.say` escapes each value that is not `Markup`, so no message can forget it. `ReplyContent` takes only `Markup`.

plain    for text: Discord shows it letter by letter; no part becomes a link, a mention or a format
code     for text, between two backticks
label    for buttons, choices and modals, where Discord reads no markup
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Self
from urllib.parse import quote

from openab_auth.cogs.auth.text.units import cut, units
from openab_auth.oauth.errors import visible_text

_NOTHING: Final = "?"  # for a text without visible characters: empty bold would show its asterisks
FIELD: Final = 300  # UTF-16 units of somebody else's text, unless the caller sets another limit
_ALWAYS: Final = frozenset("\\*_~|`[]<>")
# The last character of each match is escaped: the start of a heading, a list or small print, the colon of an address
# or of an emoji's name, and the dot of an invitation. A colon after the text could also complete an emoji's name; our
# messages put no colon after `mcp:NAME` or a port.
_SOMETIMES: Final = re.compile(
    r"\A(?:[#+-]|\d+[.)](?!\S))"
    r"|(?:\A|\])\("  # even an escaped "]" ends the label of a link
    r"|:(?=//|[\w+~-]+:)|(?<!\bmcp):(?!\d{4,5}\Z)(?=[\w+~-]*\Z)"
    r"|\b(?:discord(?:app)?|dis)\.(?=(?:gg|com|gd|new|gift)\b)",
    re.IGNORECASE,
)
_EVERYBODY: Final = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_BRACKETS: Final = str.maketrans("[]", "()")
_OF_AN_ADDRESS: Final = "%:/?#@!$&'*+,;=[]"  # characters that do not end a masked link


class Markup(str):
    """Text that Discord may read as markup. For somebody else's text, `bare` is the text that people see."""

    __slots__ = ("bare",)
    bare: str | None

    def __new__(cls, text: str = "", bare: str | None = None) -> Self:
        """Trust `text`: we wrote it, or it is escaped."""
        markup = super().__new__(cls, text)
        markup.bare = bare
        return markup

    def join(self, parts: Iterable[str], /) -> Markup:
        """Join `parts` and escape each part that is not `Markup`."""
        return Markup(super().join(plain(part) for part in parts))


LINES: Final = Markup("\n")


def plain(text: str, limit: int = FIELD) -> Markup:
    """Return `text` on one line of at most `limit` units, escaped; `Markup` stays as it is."""
    if isinstance(text, Markup):
        return text
    bare = label(text, limit) or _NOTHING
    escaped = {match.end() - 1 for match in _SOMETIMES.finditer(bare)}
    pieces = [f"\\{c}" if c in _ALWAYS or at in escaped else c for at, c in enumerate(bare)]
    for match in _EVERYBODY.finditer(bare):
        pieces[match.start()] = "@ "  # an escape would not keep Discord's servers from reading it
    return Markup(_fitting(pieces, limit), bare)


def code(text: str, limit: int = FIELD) -> Markup:
    """Return `text` as inline code that the text itself cannot end."""
    bare = text.bare if isinstance(text, Markup) and text.bare is not None else label(text, limit)
    return Markup(f"`{bare.replace('`', '%60') or ' '}`")


def label(text: str, limit: int = FIELD) -> str:
    """Return `text` on one line of at most `limit` units, for where Discord reads no markup."""
    seen = cut(text, 8 * limit)  # an endless text costs no more than a long text
    return cut(visible_text(seen), limit)


def mention(user: int) -> Markup:
    """Return the mention of a person. It notifies nobody, because no answer allows mentions."""
    return Markup(f"<@{int(user)}>")


def channel_link(channel: int) -> Markup:
    """Return a link to a channel or thread, which each client shows by its name."""
    return Markup(f"<#{int(channel)}>")


def moment(unix_seconds: int, style: str = "R") -> Markup:
    """Return a time that each client shows in its own way: relative to now, or in another of Discord's styles."""
    return Markup(f"<t:{int(unix_seconds)}:{style}>")


def link(text: Markup, url: str) -> Markup:
    """Return a link with `text` instead of its address."""
    return Markup(f"[{text}](<{quote(url, safe=_OF_AN_ADDRESS)}>)")


def in_link(text: str, limit: int) -> Markup:
    """Return somebody else's text for use in a `link`, without brackets: they would end it, even if escaped."""
    return plain(text.translate(_BRACKETS), limit)


def _fitting(pieces: list[str], limit: int) -> str:
    """Return as many whole pieces as fit into `limit` units, with an ellipsis if some are missing."""
    text = "".join(pieces)
    if units(text) <= limit:
        return text
    kept, room = [], limit - 1
    for piece in pieces:
        room -= units(piece)
        if room < 0:
            break
        kept.append(piece)
    return f"{''.join(kept)}…"
