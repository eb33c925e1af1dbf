"""Work after a commit, in one thread and in order, for which nobody waits: giving leases back, keeping rotations."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from openab_auth.storage.errors import words_of

_log: Final = logging.getLogger(__name__)


class Afterwards:
    """Run functions one after the other in a thread, which ends with the process, after the last of them."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._thread: ThreadPoolExecutor | None = None

    def soon(self, work: Callable[[], object]) -> None:
        """Run `work` after all earlier work; its failure is only logged. Run it here if no thread can be started."""
        if self._thread is None or self._process != os.getpid():
            self._process = os.getpid()
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="after a commit")
        try:
            self._thread.submit(_try, work)
        except RuntimeError:
            _try(work)

    def finish(self) -> None:
        """Wait until all work so far is done, and end the thread; later work starts another one."""
        thread, self._thread = self._thread, None
        if thread is not None and self._process == os.getpid():
            thread.shutdown()


def _try(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 -- the commit itself was made
        _log.warning("after a commit: %s", words_of(error))
