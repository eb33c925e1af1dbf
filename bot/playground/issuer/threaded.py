"""The authorization server in its own thread, for tests that start other processes."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from openab_auth.bot.playground.issuer.server import Issuer
from openab_auth.bot.playground.issuer.token_families import RegisteredClient


class ThreadedIssuer:
    """An `Issuer` in its own thread; `approve`, `deny` and the device calls block, everything else is the issuer's."""

    def __init__(self, issuer: Issuer, loop: asyncio.AbstractEventLoop) -> None:
        self.issuer = issuer
        self.url = issuer.url
        self.authorize_url = issuer.authorize_url
        self.token_url = issuer.token_url
        self.revoke_url = issuer.revoke_url
        self.userinfo_url = issuer.userinfo_url
        self.device_url = issuer.device_url
        self.devices = issuer.devices
        self.metadata = issuer.metadata
        self.faults = issuer.faults
        self.families = issuer.families
        self.tokens = issuer.tokens
        self.requests = issuer.requests
        self._loop = loop

    @classmethod
    @contextmanager
    def listening(
        cls,
        port: int = 0,
        *,
        clock: Callable[[], float] = time.time,
        access_lifetime: int = 3600,
        clients: Iterable[RegisteredClient] = (),
    ) -> Iterator[ThreadedIssuer]:
        """Serve in a new thread until the block ends; port 0 means any free port."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="issuer", daemon=True)
        thread.start()
        context = Issuer.listening(port, clock=clock, access_lifetime=access_lifetime, clients=clients)
        try:
            issuer = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(10)
            try:
                yield cls(issuer, loop)
            finally:
                asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(10)
        finally:
            asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    def approve(self, link: str, account: str = "ada@example.com") -> str:
        """Do what `Issuer.approve` does, and block until it is done."""
        return asyncio.run_coroutine_threadsafe(self.issuer.approve(link, account), self._loop).result(15)

    def deny(self, link: str) -> str:
        """Do what `Issuer.deny` does, and block until it is done."""
        return asyncio.run_coroutine_threadsafe(self.issuer.deny(link), self._loop).result(15)

    def deny_device(self, user_code: str) -> None:
        """Do what `Issuer.deny_device` does, and block until it is done."""
        asyncio.run_coroutine_threadsafe(self.issuer.deny_device(user_code), self._loop).result(15)

    def approve_device(self, user_code: str, account: str = "ada@example.com") -> None:
        """Do what `Issuer.approve_device` does, and block until it is done."""
        asyncio.run_coroutine_threadsafe(self.issuer.approve_device(user_code, account), self._loop).result(15)
