"""The requests under way at a broker, which bounds their number: callers who ask for the same share one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from openab_auth.oauth.errors import NotLoggedInError
    from openab_auth.oauth.tokens.broker.answers import BrokerToken


class Wanted(NamedTuple):
    """Hold what callers ask for: a token for a word that lives long enough, now or as soon as somebody logs in."""

    word: str
    min_ttl: int
    waits: bool


class NoWaitError(Exception):
    """The broker did not wait for a login, because none can come: the vendor's own program keeps it."""

    def __init__(self, missing: NotLoggedInError) -> None:
        super().__init__()
        self.missing = missing


class SharedPolls:
    """Runs at most one request for each thing that is wanted; a caller who is cancelled does not stop it."""

    def __init__(self) -> None:
        self._tasks: dict[Wanted, asyncio.Task[BrokerToken]] = {}

    async def get(self, wanted: Wanted, ask: Callable[[], Coroutine[Any, Any, BrokerToken]]) -> BrokerToken:
        """Return what the request under way returns; if there is none, `ask`."""
        task = self._tasks.get(wanted)
        if task is None or task.done():
            task = self._tasks[wanted] = asyncio.create_task(ask(), name=f"broker {wanted.word}")
            task.add_done_callback(partial(self._forget, wanted))
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """End the requests under way; their callers are cancelled."""
        tasks = [*self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, wanted: Wanted, task: asyncio.Task[BrokerToken]) -> None:
        if self._tasks.get(wanted) is task:
            del self._tasks[wanted]
        if not task.cancelled():
            task.exception()  # retrieved here, because every caller may have been cancelled
