"""Logins at one MCP server, whose pages a test replaces by hostile ones."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore
from tests.oauth.mcp.stranger import Page, Stranger


@pytest.fixture
def catalogue(stranger: Stranger) -> Catalogue:
    tables: dict[str, dict[str, object]] = {"lab": {"url": stranger.mcp}}
    return Catalogue.from_config(Config(auth=AuthSettings(vendors=(), allow_http_loopback=True), mcp=tables), {})


@pytest.fixture
async def logins(catalogue: Catalogue, store: AsyncStore, driver: Driver, stranger: Stranger) -> AsyncIterator[Logins]:
    stranger.is_a_good_server(authorization_response_iss_parameter_supported=True)
    stranger.pages["/register"] = Page({"client_id": "c1"}, 201)
    stranger.pages["/token"] = Page({"access_token": "at-1", "token_type": "bearer", "refresh_token": "rt-1"})
    logins = Logins(catalogue, store, driver)
    yield logins
    await logins.aclose()
