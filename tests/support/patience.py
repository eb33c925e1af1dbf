"""The patience of a test: on a machine that others share, too, only a hang takes longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 120.0  # seconds


async def until(holds: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail a test that hangs."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)
