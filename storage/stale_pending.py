"""Which pending logins are stale: every locked write drops them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openab_auth.storage.entries import PENDING_LIFETIME, Entry, PendingEntry

_PREFIXES: Final = ("pending:", "mcp-pending:")


def stale(entries: Mapping[str, Entry], now: float) -> list[str]:
    """The keys of the pending logins that nobody can finish any more."""
    return [
        key
        for key, entry in entries.items()
        if isinstance(entry, PendingEntry) and key.startswith(_PREFIXES) and _is_stale(entry, now)
    ]


def _is_stale(entry: PendingEntry, now: float) -> bool:
    """Older than its lifetime, without a time, or so far in the future that the clock must have been wrong."""
    return entry.created_at == 0 or abs(now - entry.created_at) > PENDING_LIFETIME
