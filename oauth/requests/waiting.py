"""Wait for a login that people make."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from openab_auth.storage import THREADS, AsyncStore
from openab_auth.storage.errors import StorageError

_LOOK: Final = 0.5  # seconds between two looks at the store; each costs two `stat`s
_LONGEST_REST: Final = 30.0  # seconds; the caller tries again even if nothing seems to have changed


async def store_changes(store: AsyncStore, seconds: float) -> AsyncIterator[None]:
    """Yield at once, and then after each change in the store that may have brought a login, for `seconds`."""
    now = asyncio.get_running_loop().time
    end = now() + seconds
    while now() < end:
        seen, rested_at = await _state(store), now()
        yield
        while now() < min(end, rested_at + _LONGEST_REST) and await _state(store) == seen:  # noqa: ASYNC110 - others write it
            await asyncio.sleep(min(_LOOK, max(0.0, end - now())))
    if seconds:
        yield  # a login may have come during the last rest


async def _state(store: AsyncStore) -> object:
    """Return a value that differs after a login, a logout or an agreement."""
    try:
        return store.version(), await store.records(THREADS)
    except StorageError as error:
        return str(error)
