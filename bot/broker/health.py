"""Whether the broker lives, and whether it can serve tokens; nobody needs a key to ask."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from openab_auth.bot.broker.refusals import NotReadyError
from openab_auth.storage import StorageError

if TYPE_CHECKING:
    from openab_auth.storage import AsyncStore

_READ: Final = 5.0  # seconds


class Health:
    """Answers probes."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store

    async def alive(self) -> dict[str, object]:
        """Return that the event loop runs."""
        return {"status": "ok"}

    async def ready(self) -> dict[str, object]:
        """Return that tokens can be served: the store can be read, perhaps from memory while its database is away.

        Raises:
            NotReadyError: the store cannot be read in time.
        """
        try:
            async with asyncio.timeout(_READ):
                await self._store.read()
        except (StorageError, TimeoutError):
            raise NotReadyError from None
        return {"ready": True, "checks": [{"name": "store", "ok": True}]}
