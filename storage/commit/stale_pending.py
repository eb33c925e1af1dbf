"""Finds pending logins that nobody can complete any more; every commit drops them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openab_auth.storage.entries import PENDING_LIFETIME, Entry, PendingEntry

PREFIXES: Final = ("pending:", "mcp-pending:")


def stale(entries: Mapping[str, Entry], now: float) -> list[str]:
    """Return the keys of the stale pending logins; `now` is in unix seconds."""
    return [
        key
        for key, entry in entries.items()
        if isinstance(entry, PendingEntry) and key.startswith(PREFIXES) and _is_stale(entry, now)
    ]


def _is_stale(entry: PendingEntry, now: float) -> bool:
    """Return whether it is too old, has no time, or is so far in the future that a clock must have been wrong."""
    return entry.created_at == 0 or abs(now - entry.created_at) > PENDING_LIFETIME
