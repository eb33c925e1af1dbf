"""Blocking work for an event loop: in a worker thread, or, where none can be had, in the loop itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `function` returns, as `asyncio.to_thread` does, without the context variables.

    Where no thread can be started (a container's limit of processes, an interpreter that ends), the function runs
    here. The event loop then stands still for as long as it takes, which is better than to fail: a token may be lost.
    """
    work = _Work(partial(function, *args, **kwargs))
    running: asyncio.Future[None] | asyncio.Future[T]
    try:
        running = asyncio.get_running_loop().run_in_executor(None, work.run)
    except RuntimeError:
        # The executor may have queued the work before it failed to start a thread, and another thread may run it.
        if work.claim():
            return function(*args, **kwargs)
        running = asyncio.wrap_future(work.done)
    await running
    return work.done.result()


class _Work(Generic[T]):
    """A function that runs once, whoever claims it first."""

    def __init__(self, function: Callable[[], T]) -> None:
        self.done: Future[T] = Future()
        self._function = function
        self._claimed = threading.Lock()

    def claim(self) -> bool:
        return self._claimed.acquire(blocking=False)

    def run(self) -> None:
        if not self.claim():
            return
        try:
            self.done.set_result(self._function())
        except BaseException as error:  # noqa: BLE001 - it belongs to the one who waits
            self.done.set_exception(error)
