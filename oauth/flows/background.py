"""Work that is finished even if its caller is cancelled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from openab_auth.storage.errors import OpenabAuthError

_log: Final = logging.getLogger(__name__)
T = TypeVar("T")


class BackgroundWork:
    """The running work of one event loop."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`. If the caller is cancelled, the work goes on, and the log tells how it ended."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_log_end)
            raise

    async def aclose(self) -> None:
        """Wait until all work is done."""
        while self._running:
            await asyncio.wait(self._running)


def _log_end(task: asyncio.Task[Any]) -> None:
    if task.cancelled():
        return
    error = task.exception()
    if error is None:
        _log.info("work went on after its caller was cancelled, and is done")
    elif isinstance(error, OpenabAuthError):
        _log.warning("work went on after its caller was cancelled, and failed: %s", error)
    else:  # a bug, here or in a library: its text could quote a secret
        _log.error("work went on after its caller was cancelled, and failed: %s", type(error).__name__)
