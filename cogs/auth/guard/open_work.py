"""Keeps the work that people wait for, so that a stopping bot answers them first."""

from __future__ import annotations

import asyncio

from openab_auth.storage.errors import OpenabAuthError


class ClosingError(OpenabAuthError):
    """The bot is stopping."""

    code = "closing"

    def __init__(self) -> None:
        super().__init__("the bot is restarting", kept="nothing was changed", todo="try again in a minute")


class OpenWork:
    """The tasks that work on somebody's request."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self._closing = False

    def begin(self) -> None:
        """Register the current task as a request until the task ends.

        Raises:
            ClosingError: the bot is stopping.
        """
        if self._closing:
            raise ClosingError
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Refuse new requests from now on."""
        self._closing = True

    async def wait_until_done(self) -> None:
        """Wait until all tasks but the current one have ended.

        A cancelled wait gives the tasks up: a later call does not wait for them again.
        """
        try:
            while others := self._tasks - {asyncio.current_task()}:
                await asyncio.wait(others)
        except asyncio.CancelledError:
            self._tasks.clear()
            raise
