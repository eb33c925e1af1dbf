"""Logins and tokens at every kind of server of the SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore


@pytest.fixture
def catalogue(urls: Mapping[str, str]) -> Catalogue:
    tables: dict[str, dict[str, object]] = {name: {"url": f"{url}/mcp"} for name, url in urls.items()}
    tables["closed"] |= {"client_id": "operators", "scopes": ["read"]}
    tables["secretive"] |= {"client_id": "operators", "client_secret_env": "MCP_SECRET"}
    tables["posting"] = {**tables["new"], "token_endpoint_auth_method": "client_secret_post"}
    config = Config(auth=AuthSettings(vendors=(), allow_http_loopback=True), mcp=tables)
    return Catalogue.from_config(config, {"MCP_SECRET": "canary-operators-secret"})


@pytest.fixture
async def logins(catalogue: Catalogue, store: AsyncStore, driver: Driver) -> AsyncIterator[Logins]:
    logins = Logins(catalogue, store, driver)
    yield logins
    await logins.aclose()


@pytest.fixture
async def source(store: AsyncStore, catalogue: Catalogue, driver: Driver) -> AsyncIterator[TokenSource]:
    async with TokenSource(store, catalogue=catalogue, driver=driver) as source:
        yield source
