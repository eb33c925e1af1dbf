"""The server in a thread of its own, for tests that start other processes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openab_auth.bot.playground.issuer.server import Issuer


class ThreadedIssuer:
    """An `Issuer` in its own thread, with blocking `approve` and `deny`; everything else is the issuer's."""

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

    def approve(self, link: str, account: str = "ada@example.com") -> str:
        """As `Issuer.approve`."""
        return asyncio.run_coroutine_threadsafe(self.issuer.approve(link, account), self._loop).result(15)

    def deny(self, link: str) -> str:
        """As `Issuer.deny`."""
        return asyncio.run_coroutine_threadsafe(self.issuer.deny(link), self._loop).result(15)

    def deny_device(self, user_code: str) -> None:
        """As `Issuer.deny_device`."""
        asyncio.run_coroutine_threadsafe(self.issuer.deny_device(user_code), self._loop).result(15)

    def approve_device(self, user_code: str, account: str = "ada@example.com") -> None:
        """As `Issuer.approve_device`."""
        asyncio.run_coroutine_threadsafe(self.issuer.approve_device(user_code, account), self._loop).result(15)
