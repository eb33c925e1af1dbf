"""A device login, from its first request to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from openab_auth.oauth.logins import Logins
from openab_auth.storage import UserId
from tests.support.patience import PATIENCE

ADA, BOB = UserId(1), UserId(2)
FLOWS = ("lab", "codex-device", "kiro", "copilot")
Start = Callable[[], Logins]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.005)
