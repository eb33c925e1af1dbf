"""Work that outlives its caller: once begun it is finished, whoever stops waiting for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from openab_auth.storage.errors import OpenabAuthError

_log: Final = logging.getLogger(__name__)
T = TypeVar("T")


class BackgroundWork:
    """The work under way in one event loop."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`; when the caller is cancelled it goes on, and how it ended is logged."""
        job = asyncio.create_task(work)
        self._running.add(job)
        job.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            job.add_done_callback(_tell)
            raise

    async def aclose(self) -> None:
        """Wait until all of it is done."""
        while self._running:
            await asyncio.wait(self._running)


def _tell(job: asyncio.Task[Any]) -> None:
    if job.cancelled():
        return
    error = job.exception()
    if error is None:
        _log.info("work went on after its caller had gone, and is done")
    elif isinstance(error, OpenabAuthError):
        _log.warning("work went on after its caller had gone, and failed: %s", error)
    else:  # an error of ours or of a library: its text could quote anything
        _log.error("work went on after its caller had gone, and failed: %s", type(error).__name__)
