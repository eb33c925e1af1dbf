"""Several processes on one store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import Store, TokenEntry
from tests.support.clock import Clock


@pytest.fixture
async def process(
    open_again: Callable[[], Store], catalogue: Catalogue, clock: Clock
) -> AsyncIterator[Callable[[], TokenSource]]:
    """Make a source that shares only the store, as another process does."""
    async with AsyncExitStack() as stack:
        opened: list[TokenSource] = []

        def make() -> TokenSource:
            opened.append(TokenSource(open_again(), catalogue=catalogue, clock=clock))
            stack.push_async_callback(opened[-1].aclose)
            return opened[-1]

        yield make


@pytest.fixture
def expired(login: TokenEntry, clock: Clock) -> TokenEntry:
    clock.now += 3600
    return login
