"""A service manager for tests: the socket on which systemd hears from a service."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.patience import PATIENCE


class HeardServices:
    """What services have said; `address` is the value of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._socket.setblocking(False)  # noqa: FBT003

    async def next(self) -> dict[str, str]:
        """Return the next message, by the names of its lines."""
        async with asyncio.timeout(PATIENCE):
            data = await asyncio.get_running_loop().sock_recv(self._socket, 4096)
        return dict(line.split("=", 1) for line in data.decode().splitlines())

    async def until(self, name: str) -> dict[str, str]:
        """Return the next message with a line of this name, and forget those before it."""
        while name not in (found := await self.next()):
            pass
        return found

    def waiting(self) -> bool:
        """Return whether a message waits."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def close(self) -> None:
        """Hear nothing more."""
        self._socket.close()


@contextmanager
def hearing(folder: Path) -> Iterator[HeardServices]:
    """Hear services during the block, on a socket in this folder."""
    heard = HeardServices(str(folder / "notify"))
    try:
        yield heard
    finally:
        heard.close()
