"""Postpone Ctrl-C and cancellation, and survive a moment without memory, so that an answer always gets an owner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

T = TypeVar("T")
_MOST_TRIES: Final = 20


def undisturbed(work: Callable[[], T]) -> T:
    """Return the result of `work`, even if Ctrl-C interrupts it or memory is short for a moment.

    `work` changes nothing, so it is called again from its beginning: what a failed try took is free again. The
    interrupt is raised at this task's next `await`.

    Raises:
        MemoryError, KeyboardInterrupt: each of many tries failed.
    """
    stop: KeyboardInterrupt | None = None
    try:
        for _ in range(_MOST_TRIES):
            try:
                return work()
            except KeyboardInterrupt as error:
                stop = error
            except MemoryError:
                continue
        return work()
    finally:
        if stop is not None:
            postpone(stop)


def insist(work: Callable[[], object]) -> KeyboardInterrupt | None:
    """Call `work`, and call it again each time that Ctrl-C interrupts it; return the last interrupt.

    Impatient people press Ctrl-C several times, while a process that ends writes its last file.

    Raises:
        KeyboardInterrupt: too many interrupts came.
    """
    stop: KeyboardInterrupt | None = None
    for _ in range(_MOST_TRIES):
        try:
            work()
        except KeyboardInterrupt as error:
            stop = error
        else:
            return stop
    assert stop is not None  # noqa: S101 - each round ended with one
    raise stop


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
