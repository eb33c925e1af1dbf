"""The work that people wait for, so that a bot that stops answers it first."""

from __future__ import annotations

import asyncio

from openab_auth.storage.errors import OpenabAuthError


class ClosingError(OpenabAuthError):
    """The bot is about to stop."""

    code = "closing"

    def __init__(self) -> None:
        super().__init__("the bot is restarting", kept="nothing was changed", todo="try again in a minute")


class OpenRequests:
    """The tasks that are somebody's request."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self._closing = False

    def begin(self) -> None:
        """The current task is a request, until it ends.

        Raises:
            ClosingError: nothing new is taken.
        """
        if self._closing:
            raise ClosingError
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Take nothing new."""
        self._closing = True

    async def ended(self) -> None:
        """Wait until all but the current task have answered.

        Who is cancelled while waiting for them has given them up: they are not waited for again.
        """
        try:
            while others := self._tasks - {asyncio.current_task()}:
                await asyncio.wait(others)
        except asyncio.CancelledError:
            self._tasks.clear()
            raise
