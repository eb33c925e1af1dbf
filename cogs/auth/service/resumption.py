"""Resumes the logins that waited for an approval when the bot stopped, as soon as the store can be read."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

from openab_auth.cogs.auth.guard import AccessDeniedError, Guard
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.errors import NoPendingLoginError
from openab_auth.oauth.logins import Logins
from openab_auth.storage import CONSOLE
from openab_auth.storage.errors import words_of

_INTERVAL: Final = 3.0  # seconds between two tries
_log: Final = logging.getLogger(__name__)


class Resumption:
    """Resumes the waiting logins once, and ends those of people who may no longer log in."""

    def __init__(self, logins: Logins, guard: Guard) -> None:
        self._logins = logins
        self._guard = guard
        self._trying: asyncio.Task[None] | None = None
        self._logged = ""

    async def start(self) -> None:
        """Resume the logins; if that fails, try again in the background."""
        if not await self._try():
            self._trying = asyncio.create_task(self._try_again(), name="resumption of logins")

    async def aclose(self) -> None:
        """Stop trying."""
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)

    async def resume(self) -> None:
        """Resume the logins of people who may log in; end the logins of people who may not.

        Raises:
            StorageError: the store cannot be read or written.
        """
        refused: list[PendingLogin] = []

        def may(login: PendingLogin) -> bool:
            goes_on = self._guard.admission.may_go_on(login)
            if not goes_on and login.user != CONSOLE:  # the bot leaves the logins of the console alone
                refused.append(login)
            return goes_on

        await self._logins.resume(may)
        for login in refused:
            with suppress(NoPendingLoginError):  # another process was faster
                vendor = await self._logins.cancel(login.user, login.vendor, login.generation)
                await self._guard.audit.record(
                    "complete", login.user, AccessDeniedError.code, vendor=vendor.name, tenant=vendor.tenant
                )

    async def _try_again(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL)
            if await self._try():
                _log.info("the logins that wait for an approval are resumed")
                return

    async def _try(self) -> bool:
        """Return whether the logins are resumed; log each new reason why not."""
        try:
            await self.resume()
        except Exception as error:  # noqa: BLE001 - the next try may succeed
            reason = words_of(error)
            if reason != self._logged:
                _log.warning("logins that wait for an approval could not be resumed yet: %s", reason)
            self._logged = reason
            return False
        return True
