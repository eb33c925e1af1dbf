"""A broker with a login to codex, and a key that covers it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.broker.running_broker import RunningBroker, put_key, put_login, running_broker


@pytest.fixture
async def broker(home: Path) -> AsyncIterator[RunningBroker]:
    """Return a broker on the socket and on TCP; the store has a login to codex."""
    put_login(home)
    async with running_broker(home, listen=True) as broker:
        yield broker


@pytest.fixture
def key(home: Path) -> str:
    return put_key(home, "ci", "codex")
