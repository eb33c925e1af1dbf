"""Serve an aiohttp application on loopback while a block runs."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

LOOPBACK: Final = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """Return a socket that listens on 127.0.0.1; port 0 means any free port.

    Raises:
        OSError: another process uses the port.
    """
    return socket.create_server((LOOPBACK, port))


@asynccontextmanager
async def serving(app: web.Application, listener: socket.socket, *, grace: float = 0.1) -> AsyncIterator[None]:
    """Serve `app` in this event loop until the block ends; then open requests have `grace` seconds to end."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=grace)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()
