"""Tell systemd that this process is ready, reloads its config, lives or stops (sd_notify(3)).

Without systemd nothing is sent. The protocol is one datagram of text for each message, so no library is needed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Final, Self

_LONGEST: Final = 1000  # bytes of a line; systemd ignores a message of more than 4096 bytes as a whole
_SEND: Final = 5.0  # seconds; the queue of a service manager that hangs is full
_log: Final = logging.getLogger(__name__)


class ServiceManager:
    """Sends messages to the socket `address`, empty for no service manager.

    If `watchdog` is not None, the service manager kills a process that was silent for so many seconds.
    """

    def __init__(self, address: str = "", watchdog: float | None = None) -> None:
        self.watchdog = watchdog
        self._address = f"\0{address[1:]}" if address.startswith("@") else address  # `@` is an abstract socket
        self._watching: asyncio.Task[None] | None = None
        self._has_failed = False

    @classmethod
    def take(cls, environ: MutableMapping[str, str]) -> Self:
        """Take the service manager's variables out of the environment, so that no child speaks for this process."""
        address = environ.pop("NOTIFY_SOCKET", "")
        microseconds, pid = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
        if not address.startswith(("/", "@")):
            return cls()
        is_ours = pid in {"", str(os.getpid())}
        watchdog = int(microseconds) / 1e6 if is_ours and microseconds.isascii() and microseconds.isdigit() else 0.0
        return cls(address, watchdog or None)

    async def ready(self, status: str) -> None:
        """Say that the process serves people, or that it has finished to reload its config."""
        await self._tell("READY=1", f"STATUS={status}")

    async def reloading(self) -> None:
        """Say that the process reads its config again; `ready` must follow."""
        await self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=reading the config")

    async def stopping(self) -> None:
        """Say that the process finishes its work and ends."""
        await self._tell("STOPPING=1", "STATUS=finishing the work in progress")

    def watch(self, is_alive: Callable[[], bool]) -> None:
        """Tell the watchdog from the event loop that the process lives, as long as `is_alive` returns True.

        The event loop is what everything here needs. A disk or a database that hangs is no reason to kill the process:
        a token that could not be stored yet is in its memory.
        """
        if self.watchdog is not None and self._watching is None:
            self._watching = asyncio.create_task(self._watch(is_alive, self.watchdog / 2), name="watchdog")

    async def aclose(self) -> None:
        """Tell the watchdog nothing more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self, is_alive: Callable[[], bool], pause: float) -> None:
        while True:
            if is_alive():
                await self._tell("WATCHDOG=1")
            await asyncio.sleep(pause)

    async def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        message = b"\n".join(" ".join(line.split()).encode()[:_LONGEST] for line in lines)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as sender:
            try:
                async with asyncio.timeout(_SEND):
                    await _send(sender, message, self._address)
            except OSError as error:  # a TimeoutError is one, too
                if not self._has_failed:
                    reason = error.strerror or type(error).__name__
                    _log.warning("the service manager cannot be told about this process: %s", reason)
                self._has_failed = True


async def _send(sender: socket.socket, message: bytes, address: str) -> None:
    """Send a datagram; wait for a place in the receiver's queue, of which no loop tells."""
    while True:
        with suppress(BlockingIOError):
            sender.sendto(message, address)
            return
        await asyncio.sleep(0.05)
