"""Runs blocking functions in a worker thread, or in the event loop itself if no thread can be started.

The threads are our own. The event loop's default threads also look up host names and run the work of a host bot. While
a name server is silent, all of them wait, and a new token could not be stored.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final, Generic, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

P = ParamSpec("P")
T = TypeVar("T")
_threads_of: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, ThreadPoolExecutor]] = WeakKeyDictionary()


async def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` in a worker thread and return its result; unlike `asyncio.to_thread`, copy no context variables.

    No thread can be started if the container has reached its limit of processes, or if the interpreter is shutting
    down. The function then runs in this thread. The event loop stands still, which is better than losing a token.
    """
    work, loop = _Work(partial(function, *args, **kwargs)), asyncio.get_running_loop()
    running: asyncio.Future[None] | asyncio.Future[T]
    try:
        running = loop.run_in_executor(own_threads(loop), work.run)
    except RuntimeError:
        # The executor may have queued the work before it failed to start a thread, and another thread may run it.
        if work.claim():
            return function(*args, **kwargs)
        running = asyncio.wrap_future(work.done)
    await running
    return work.done.result()


def own_threads(loop: asyncio.AbstractEventLoop) -> ThreadPoolExecutor:
    """Return the threads for this loop; they end with it. A forked child has another loop, and other threads."""
    if loop not in _threads_of:
        _threads_of[loop] = ThreadPoolExecutor(thread_name_prefix="store")
    return _threads_of[loop]


class _Work(Generic[T]):
    """A function that runs once, in the thread that claims it first."""

    def __init__(self, function: Callable[[], T]) -> None:
        self.done: Future[T] = Future()
        self._function = function
        self._claimed = threading.Lock()

    def claim(self) -> bool:
        """Return True to the first caller only; this caller must run the function."""
        return self._claimed.acquire(blocking=False)

    def run(self) -> None:
        """Run the function, unless another thread has claimed it."""
        if not self.claim():
            return
        try:
            self.done.set_result(self._function())
        except BaseException as error:  # noqa: BLE001 - the task that waits for the result gets it
            self.done.set_exception(error)
