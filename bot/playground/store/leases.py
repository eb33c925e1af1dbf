"""The processes that hold the leases of a PostgreSQL store, read from its lease rows."""

from __future__ import annotations

import asyncio

from openab_auth.bot.playground.store.lock_watch import REFRESH, Holds, HoldView, LockView, LockWatch, Seen
from openab_auth.storage import StorageError, in_thread
from openab_auth.storage.postgres.timed_leases import is_of_login
from openab_auth.storage.postgres.upkeep.lease_rows import LeaseRow, LeaseRows


class Leases(LockWatch):
    """Watch the lease rows. A row has no process: its holder is an id that the process has drawn for this lease."""

    source = "leases"

    def __init__(self, rows: LeaseRows) -> None:
        self._rows = rows
        self._holds = Holds()
        self._now: dict[str, LeaseRow | None] = {}  # None: nobody holds it any more
        self._one_at_a_time = asyncio.Lock()

    async def look(self) -> None:
        """Record the current holders; while the database is away, the page keeps those of the last look."""
        async with self._one_at_a_time:
            try:
                rows = await in_thread(self._rows.read)
            except StorageError:  # the view of the store says why
                return
        rows = tuple(row for row in rows if is_of_login(row.name))
        self._holds.note([Seen(row.name, row.holder, _holder(row)) for row in rows])
        self._now = {**dict.fromkeys(self._now), **{row.name: row for row in rows}}

    def now(self) -> list[LockView]:
        """Return every lease that was seen, with its holder at the last look."""
        return [
            {
                "lock": name,
                "about": REFRESH,
                "holder": self._holds.holder(name),
                "waiting": None,
                "until": row.until if row else None,
                "posted": row is not None and row.posted_at is not None,
            }
            for name, row in sorted(self._now.items())
        ]

    def past(self) -> list[HoldView]:
        """Return the last holders, newest first."""
        return self._holds.past()


def _holder(row: LeaseRow) -> str:
    return f"holder {row.holder.hex[:8]}"
