"""Wake all waiting requests when the store changes: one task looks at the store, however many clients wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Final

from openab_auth.bot.broker.refusals import StoppingError
from openab_auth.storage import KEYS, THREADS, AsyncStore
from openab_auth.storage.errors import StorageError

_LOOK: Final = 0.25  # seconds between two looks; each costs a few `stat`s
_LONGEST_REST: Final = 30.0  # seconds; waiting requests look again even if nothing seems to have changed


class StoreChanges:
    """Tells waiting requests that the store has changed: a login, a choice in a thread, or a key.

    `on_change` is called first, so that a request that looks again sees no older state than this task has seen.
    """

    def __init__(self, store: AsyncStore, on_change: Callable[[], None]) -> None:
        self._store = store
        self._on_change = on_change
        self._waiting = 0
        self._anybody = asyncio.Event()
        self._next = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Start to look at the store."""
        self._watching = asyncio.create_task(self._watch(), name="broker: changes of the store")

    async def aclose(self) -> None:
        """Stop looking."""
        self.stop()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    def stop(self) -> None:
        """End every wait with a `StoppingError`."""
        self._stopping = True
        self._next.set()

    async def during(self, seconds: float) -> AsyncGenerator[None, None]:
        """Yield at once, then after each change of the store, for `seconds`, and once more at their end.

        Raises:
            StoppingError: the broker stops.
        """
        now = asyncio.get_running_loop().time
        end = now() + seconds
        with self._registered() if seconds else contextlib.nullcontext():
            while True:
                following = self._next  # taken before the caller looks: no change in between is missed
                yield
                if now() >= end:
                    return
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(end - now(), _LONGEST_REST)):
                        await following.wait()
                if self._stopping:
                    raise StoppingError

    @contextlib.contextmanager
    def _registered(self) -> Iterator[None]:
        """Count a waiting request, so that the task looks at the store."""
        self._waiting += 1
        self._anybody.set()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._anybody.clear()

    async def _watch(self) -> None:
        seen: object = None  # so that the first look counts as a change: none before it is missed
        while True:
            if not self._waiting:
                await self._anybody.wait()
            if (state := await self._state()) != seen:
                seen = state
                self._on_change()
                self._next.set()
                self._next = asyncio.Event()
            await asyncio.sleep(_LOOK)

    async def _state(self) -> object:
        """Return a value that differs after a login, a logout, a choice, an agreement, or a change of the keys."""
        try:
            await self._store.look()
            await self._store.read()  # once here, instead of once in each waiting request
            return self._store.version(), await self._store.records(THREADS), await self._store.records(KEYS)
        except StorageError as error:
            return str(error)
