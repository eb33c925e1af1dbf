"""Write audit lines: a line that cannot be written goes to the program's log, and stops nothing."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import aiofiles

from openab_auth.oauth.audit.line import AuditLine
from openab_auth.oauth.audit.text import is_repeated, text_of
from openab_auth.storage.disk import ownership
from openab_auth.storage.disk.append import LARGEST, check_whole, open_to_append, tail_of
from openab_auth.storage.worker_thread import in_thread, own_threads

_log: Final = logging.getLogger(__name__)


class AuditLog:
    """Appends lines to the file at `path`, which has mode 0600; `clock` gives unix seconds.

    Several processes may append to one file. A file of more than `largest` bytes is moved to `….old`.
    """

    def __init__(self, path: Path, clock: Callable[[], float], *, largest: int = LARGEST) -> None:
        self.path = path.absolute()
        self._clock = clock
        self._largest = largest
        self._turn = asyncio.Lock()

    async def write(self, line: AuditLine, *, once_a_minute: bool = False, failure: int = logging.ERROR) -> None:
        """Append a line. A failure is logged with the level `failure`.

        With `once_a_minute`, append it only if the end of the file lacks it for this minute, and make no folder: such
        lines are about agents, which may look for a store where there is none.
        """
        try:
            text = text_of(self._clock(), line.fields)
            async with self._turn:
                if not once_a_minute:
                    await in_thread(ownership.make_folder, str(self.path.parent))
                await self._append(text, once_a_minute=once_a_minute)
        except Exception as error:  # noqa: BLE001 - the work of the line is done, or has its own error
            reason = error.strerror if isinstance(error, OSError) else type(error).__name__
            _log.log(failure, "the audit log could not be written (%s): %s", reason, _short(line))

    async def _append(self, text: bytes, *, once_a_minute: bool) -> None:
        """Append a line; where no thread can be started, write it in this thread, at worst a second time."""
        threads = own_threads(asyncio.get_running_loop())
        try:
            async with aiofiles.open(self.path, "ab", buffering=0, opener=self._open, executor=threads) as file:
                if once_a_minute and is_repeated(text, await in_thread(tail_of, file.fileno())):
                    return
                check_whole(await file.write(text), text)
        except RuntimeError:
            with open(self.path, "ab", buffering=0, opener=self._open) as here:  # noqa: ASYNC230
                check_whole(here.write(text), text)

    def _open(self, path: str, flags: int) -> int:
        del flags  # the line's own flags make the file, and read its end
        with ownership.entered(path) as (at, name):
            descriptor = open_to_append(name, at, self._largest)
            try:
                ownership.give_away(descriptor, os.fstat(descriptor), ownership.folder_owner(path, at))
            except BaseException:
                os.close(descriptor)
                raise
        return descriptor


def _short(line: AuditLine) -> str:
    who = line.client or ("" if line.user is None else str(line.user)) or f"uid {line.uid}"
    what = line.event if line.account is None else f"{line.event} of {line.account}"
    return f"{what} by {who}: {line.outcome}"
