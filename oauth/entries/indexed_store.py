"""A store that is read through an index; the index is built again only when the entries have changed."""

from __future__ import annotations

import asyncio
from typing import Final

from openab_auth.oauth.entries.entry_index import EntryIndex, build_index
from openab_auth.storage import AsyncStore, in_thread

_FEW: Final = 200  # entries that are indexed on the event loop, because starting a thread takes longer


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
                self._last = await in_thread(build_index, entries, self._last)
            return self._last
