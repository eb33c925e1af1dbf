"""The length of a text as Discord counts it.

Discord says "characters". We count UTF-16 units, of which an emoji has two: what Discord counts is never more.
"""

from __future__ import annotations


def units(text: str) -> int:
    """The length of `text` in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """As much of `text` as `limit` units hold, with an ellipsis where something is missing."""
    if units(text) <= limit:
        return text
    kept = text[: limit - 1].encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)]
    return f"{kept.decode('utf-16-le', 'ignore')}…"
