"""What one version of the store holds, sorted once: nobody walks through all entries at each keystroke."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from openab_auth.oauth.entries.pending_entry import PendingLogin, read_pending
from openab_auth.storage import AsyncStore
from openab_auth.storage.entries import Entry, PendingEntry, UserId

_FEW: Final = 200  # entries that are sorted on the event loop: a thread would take longer
PendingPairs: TypeAlias = tuple[tuple[PendingLogin, PendingEntry], ...]


@dataclass(frozen=True, slots=True)
class EntryIndex:
    """The entries, the keys of those that are no pending logins in order, and each person's pending logins."""

    entries: Mapping[str, Entry] = field(repr=False)
    tenants: tuple[str, ...]
    waiting: Mapping[UserId, PendingPairs]

    def of(self, user: UserId, now: float) -> list[tuple[PendingLogin, PendingEntry]]:
        """Return the pending logins of one person that can still be finished."""
        return [pair for pair in self.waiting.get(user, ()) if now < pair[0].expires_at]

    def all(self, now: float) -> list[PendingLogin]:
        """Return the pending logins of everybody that can still be finished."""
        return [login for waiting in self.waiting.values() for login, _ in waiting if now < login.expires_at]


class IndexedStore:
    """Reads a store; equal entries are sorted once, away from the event loop where they are many."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._last: EntryIndex | None = None
        self._sorting = asyncio.Lock()

    async def read(self) -> EntryIndex:
        """Return what the store holds now.

        Raises:
            StoreUnreadableError: it is there but could not be read.
        """
        async with self._sorting:  # who comes meanwhile finds it sorted
            entries = await self._store.read()
            if len(entries) <= _FEW:
                self._last = build_index(entries, self._last)
            else:
                self._last = await asyncio.to_thread(build_index, entries, self._last)
            return self._last


def build_index(entries: Mapping[str, Entry], last: EntryIndex | None = None) -> EntryIndex:
    """Sort the entries, unless they are those of the `last` index."""
    if last is not None and entries == last.entries:
        return last
    waiting: dict[UserId, list[tuple[PendingLogin, PendingEntry]]] = {}
    tenants = []
    for key, entry in entries.items():
        if not isinstance(entry, PendingEntry):
            tenants.append(key)
        elif login := read_pending(key, entry):
            waiting.setdefault(login.user, []).append((login, entry))
    return EntryIndex(entries, tuple(sorted(tenants)), {user: tuple(found) for user, found in waiting.items()})
