"""Interrupts put off for a moment: Ctrl-C and cancellation must not come between a vendor's answer and its owner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NoReturn, TypeVar

T = TypeVar("T")


def undisturbed(work: Callable[[], T]) -> T:
    """Return what `work` gives; an interrupt of it takes effect as soon as this task awaits something.

    `work` must bear to be begun twice.
    """
    try:
        return work()
    except KeyboardInterrupt as stop:
        postpone(stop)
        return work()


def postpone(stop: BaseException) -> None:
    """Raise an interrupt again as soon as this task awaits something: in the task what cancels it, else in the loop."""
    task = asyncio.current_task()
    if isinstance(stop, asyncio.CancelledError) and task is not None:
        task.uncancel()  # it counts once, so that a timeout further out still knows its own cancellation
        task.cancel(*stop.args)
        return

    def interrupt() -> NoReturn:
        raise stop

    asyncio.get_running_loop().call_soon(interrupt)
