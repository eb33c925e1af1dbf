"""Measures the length of a text as Discord does.

Discord says "characters". We count UTF-16 units: an emoji has two. Discord never counts more than that.
"""

from __future__ import annotations


def units(text: str) -> int:
    """Return the length of `text` in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Return as much of `text` as fits into `limit` units, with an ellipsis if something is missing."""
    if units(text) <= limit:
        return text
    kept = text[: limit - 1].encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)]
    return f"{kept.decode('utf-16-le', 'ignore')}…"
