"""A running playground, and a browser without a window at its page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.bot.playground.page_browser import Browser, starting


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with starting() as browser:
        yield browser
