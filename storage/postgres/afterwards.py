"""Work after a commit, in one thread and in order, for which nobody waits: giving leases back, keeping rotations."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from openab_auth.storage.errors import words_of

_PAUSE: Final = 5.0  # seconds
_log: Final = logging.getLogger(__name__)


class Afterwards:
    """Run functions one after the other in a thread, which ends with the process, after the last of them."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._thread: ThreadPoolExecutor | None = None
        self._pause_until = float("-inf")

    def soon(self, work: Callable[[], object], *, may_be_lost: bool = False) -> Future[None] | None:
        """Run `work` after all earlier work, and return its future; its failure is only logged.

        Run it here, and return None, if no thread can be started.

        Work that may be lost is left out for some seconds after such work has failed: a process that ends while the
        database is silent must not wait for each lease that it cannot give back.
        """
        if self._thread is None or self._process != os.getpid():
            self._process = os.getpid()
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="after a commit")
        try:
            return self._thread.submit(self._try, work, may_be_lost)
        except RuntimeError:
            self._try(work, may_be_lost)
            return None

    def finish(self) -> None:
        """Wait until all work so far is done, and end the thread; later work starts another one."""
        thread, self._thread = self._thread, None
        if thread is not None and self._process == os.getpid():
            thread.shutdown()

    def _try(self, work: Callable[[], object], may_be_lost: bool) -> None:  # noqa: FBT001 -- as `soon` passes it on
        if may_be_lost and time.monotonic() < self._pause_until:
            return
        try:
            work()
        except Exception as error:  # noqa: BLE001 -- the commit itself was made
            _log.warning("after a commit: %s", words_of(error))
            if may_be_lost:
                self._pause_until = time.monotonic() + _PAUSE
