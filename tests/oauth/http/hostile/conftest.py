"""A driver that waits for long: a limit ends the reply, not the deadline."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from openab_auth.oauth.client import Driver
from tests.support.patience import PATIENCE


@pytest.fixture
async def driver() -> AsyncIterator[Driver]:
    driver = Driver(deadline=PATIENCE)
    yield driver
    await driver.aclose()
