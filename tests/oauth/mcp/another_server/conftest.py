"""Two servers that have the same name, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore
from tests.oauth.mcp.another_server.changing_server import CONFIG, make_good
from tests.oauth.mcp.stranger import Stranger, listening


@pytest.fixture
async def good() -> AsyncIterator[Stranger]:
    async with listening() as stranger:
        make_good(stranger, "good")
        yield stranger


@pytest.fixture
async def evil() -> AsyncIterator[Stranger]:
    async with listening() as stranger:
        make_good(stranger, "evil")
        yield stranger


@pytest.fixture
async def logins(store: AsyncStore, driver: Driver) -> AsyncIterator[Logins]:
    logins = Logins(Catalogue.from_config(CONFIG, {}), store, driver)
    yield logins
    await logins.aclose()
