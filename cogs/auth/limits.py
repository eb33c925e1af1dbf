"""Discord's limits, and what a text counts against them.

Discord says "characters". We count UTF-16 units, of which an emoji has two: what Discord counts is never more.
"""

from __future__ import annotations

from typing import Final

import discord

CONTENT: Final = 2000
DESCRIPTION: Final = 4096  # of an embed
LINK_BUTTON: Final = 512  # a link button's url
CUSTOM_ID: Final = 100
CHOICE: Final = 100  # the name of an autocompletion's choice, and its value
CHOICES: Final = 25
INPUT: Final = 4000  # a form's text
ADDRESS: Final = 500  # of an MCP server; ours, so that an answer shows it whole


def units(text: str) -> int:
    """The length of `text` in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fits_button(custom_id: str) -> bool:
    """Whether a button can bear this id; names that vendors and operators choose are a part of it."""
    return units(custom_id) <= CUSTOM_ID


def cut(text: str, limit: int) -> str:
    """As much of `text` as `limit` units hold, with an ellipsis where something is missing."""
    if units(text) <= limit:
        return text
    kept = text[: limit - 1]
    while units(kept) >= limit:
        kept = kept[:-1]
    return f"{kept}…"


def plain(text: str, limit: int = 300) -> str:
    """Somebody else's text, made harmless: no markup, no links in disguise, no line breaks, not over `limit` units."""
    flat = cut(" ".join(text.split()), limit)
    shown = discord.utils.escape_markdown(flat)
    while units(shown) > limit:  # each escape is a unit more
        flat = cut(flat, units(flat) - max(1, (units(shown) - limit) // 2))
        shown = discord.utils.escape_markdown(flat)
    return shown


def literal(text: str, limit: int = 300) -> str:
    """Somebody else's text for between two backticks, where Discord shows it letter by letter."""
    return cut(" ".join(text.replace("`", "%60").split()), limit)
