"""Which pending logins are stale: every locked write removes them."""

from __future__ import annotations

from collections.abc import Mapping

from storage.entries import PENDING_LIFETIME, Entry, PendingEntry


def stale(entries: Mapping[str, Entry], now: float) -> tuple[str, ...]:
    """The keys of pending logins older than 15 minutes, or of the future by as much (a clock was set back)."""
    return tuple(
        key
        for key, entry in entries.items()
        if isinstance(entry, PendingEntry) and abs(now - entry.created_at) > PENDING_LIFETIME
    )
