"""A Rust agent that reads the credential file all the time, while other programs write it."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.support import strict_reader


class Watcher:
    """Read the file in a thread; `stop` raises the first error of the strict reader."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stopped = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._watch, name="strict reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading, and report what could not be read."""
        self._stopped.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _watch(self) -> None:
        while not self._stopped.wait(0.002) and self._error is None:
            try:
                strict_reader.read(self._path)
            except FileNotFoundError:
                continue  # nobody has logged in yet
            except Exception as error:  # noqa: BLE001 - the test reports it
                self._error = error
