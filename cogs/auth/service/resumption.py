"""Resumes the logins that waited for an approval when the bot stopped, as soon as the store can be read."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.storage.errors import words_of

_INTERVAL: Final = 3.0  # seconds between two tries
_log: Final = logging.getLogger(__name__)


class Resumption:
    """Resumes the logins of one service once."""

    def __init__(self, service: AuthService) -> None:
        self._service = service
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

    async def _try_again(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL)
            if await self._try():
                _log.info("the logins that wait for an approval are resumed")
                return

    async def _try(self) -> bool:
        """Return whether the logins are resumed; log each new reason why not."""
        try:
            await self._service.resume()
        except Exception as error:  # noqa: BLE001 - the next try may succeed
            reason = words_of(error)
            if reason != self._logged:
                _log.warning("logins that wait for an approval could not be resumed yet: %s", reason)
            self._logged = reason
            return False
        return True
