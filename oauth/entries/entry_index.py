"""An index of one version of the store, so that no keystroke walks through all entries."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from openab_auth.oauth.entries.pending_entry import PendingLogin, read_pending
from openab_auth.storage import AsyncStore
from openab_auth.storage.entries import Entry, PendingEntry, UserId

_FEW: Final = 200  # entries that are indexed on the event loop, because starting a thread takes longer
PendingPairs: TypeAlias = tuple[tuple[PendingLogin, PendingEntry], ...]


@dataclass(frozen=True, slots=True)
class EntryIndex:
    """The entries of the store: the sorted keys of logins and clients, and the pending logins of each person."""

    entries: Mapping[str, Entry] = field(repr=False)
    tenants: tuple[str, ...]
    pending: Mapping[UserId, PendingPairs]

    def of(self, user: UserId, now: float) -> list[tuple[PendingLogin, PendingEntry]]:
        """Return the pending logins of one person that can still be finished."""
        return [pair for pair in self.pending.get(user, ()) if now < pair[0].expires_at]

    def all(self, now: float) -> list[PendingLogin]:
        """Return the pending logins of everybody that can still be finished."""
        return [login for pending in self.pending.values() for login, _ in pending if now < login.expires_at]


class IndexedStore:
    """Reads a store through its index; equal entries are indexed once, in a thread if there are many."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._last: EntryIndex | None = None
        self._indexing = asyncio.Lock()

    async def read(self) -> EntryIndex:
        """Return the index of the store as it is now.

        Raises:
            StoreUnreadableError: the store is there but could not be read.
        """
        async with self._indexing:  # a second caller then finds the index ready
            entries = await self._store.read()
            if len(entries) <= _FEW:
                self._last = build_index(entries, self._last)
            else:
                self._last = await asyncio.to_thread(build_index, entries, self._last)
            return self._last


def build_index(entries: Mapping[str, Entry], last: EntryIndex | None = None) -> EntryIndex:
    """Index the entries; return `last` when it has the same ones."""
    if last is not None and entries == last.entries:
        return last
    pending: dict[UserId, list[tuple[PendingLogin, PendingEntry]]] = {}
    tenants = []
    for key, entry in entries.items():
        if not isinstance(entry, PendingEntry):
            tenants.append(key)
        elif login := read_pending(key, entry):
            pending.setdefault(login.user, []).append((login, entry))
    return EntryIndex(entries, tuple(sorted(tenants)), {user: tuple(found) for user, found in pending.items()})
