"""Keeps the words of protocols away from people: HTTP statuses, OAuth's error codes, names of system errors.

They stay in the log, under the incident id that the person sees.
"""

from __future__ import annotations

import re
from typing import Final

_RAW: Final = re.compile(r"\bHTTP(?:/[\d.]+)? ?\d{3}\b|\b[a-z]+(?:_[a-z]+)+\b|\bE[A-Z]{3,}\b|\b[Ee]rrno\b")
_CODES: Final = frozenset({
    "access denied", "account selection required", "authorization pending", "bad verification code", "consent required",
    "expired token", "insufficient scope", "interaction required", "invalid client", "invalid client metadata",
    "invalid grant", "invalid redirect uri", "invalid request", "invalid scope", "invalid target", "invalid token",
    "login required", "server error", "slow down", "temporarily unavailable", "unauthorized client",
    "unsupported grant type", "unsupported response type",
})  # fmt: skip
_PARTS: Final = re.compile(r"[,;:()\n]+\s*")


def in_peoples_words(reason: str) -> str:
    """Return the parts of a reason that are sentences, or "" if all of it is a protocol's own words."""
    if not is_technical(reason):
        return reason
    parts = [part.strip(" .\"'") for part in _PARTS.split(reason)]
    return ", ".join(part for part in parts if part and not is_technical(part))


def is_technical(text: str) -> bool:
    """Return whether `text` has a protocol's own words in it."""
    if _RAW.search(text):
        return True
    return any(part.strip(" .\"'").casefold() in _CODES for part in _PARTS.split(text))
