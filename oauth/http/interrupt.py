"""Postpone Ctrl-C and cancellation for a moment, so that a vendor's answer always gets an owner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NoReturn, TypeVar

T = TypeVar("T")


def undisturbed(work: Callable[[], T]) -> T:
    """Return the result of `work`, even if Ctrl-C interrupts it; the interrupt is raised at this task's next `await`.

    An interrupted `work` is called again from its beginning.
    """
    try:
        return work()
    except KeyboardInterrupt as stop:
        postpone(stop)
        return work()


def postpone(stop: BaseException) -> None:
    """Raise `stop` again at this task's next `await`: a cancellation in the task, Ctrl-C in the event loop."""
    task = asyncio.current_task()
    if isinstance(stop, asyncio.CancelledError) and task is not None:
        task.uncancel()  # it counts once, so that a timeout further out still knows its own cancellation
        task.cancel(*stop.args)
        return

    def interrupt() -> NoReturn:
        raise stop

    asyncio.get_running_loop().call_soon(interrupt)
