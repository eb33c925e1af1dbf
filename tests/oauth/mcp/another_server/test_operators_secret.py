"""The operator's secret goes to the server and with the client of the table, not to what the store records."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from dataclasses import replace

import httpx2
import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import NotRefreshableError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, Draft, McpEntry, Tenant
from tests.oauth.mcp.another_server.changing_server import ADA, CONFIG, paste
from tests.oauth.mcp.stranger import RESOURCE, Page, Stranger


def table(server: Stranger, client_id: str = "mine") -> Mapping[str, object]:
    return {"url": server.mcp, "client_id": client_id, "client_secret_env": "LAB_SECRET"}


def catalogue(settings: Mapping[str, object], secret: str) -> Catalogue:
    return Catalogue.from_config(replace(CONFIG, mcp={"lab": dict(settings)}), {"LAB_SECRET": secret})


async def log_in(at: Catalogue, store: AsyncStore, driver: Driver) -> None:
    logins = Logins(at, store, driver)
    await logins.complete(paste(await logins.begin("mcp:lab", ADA)), ADA)
    await logins.aclose()


async def refresh(at: Catalogue, store: AsyncStore, driver: Driver) -> None:
    async with TokenSource(store, catalogue=at, driver=driver) as source:
        await source.force_refresh("mcp:lab")


@pytest.mark.parametrize(("moves", "client_id"), [(True, "mine"), (True, "other"), (False, "other")])
async def test_the_secret_of_another_client_is_not_sent_with_the_old_login(
    moves: bool, client_id: str, store: AsyncStore, driver: Driver, good: Stranger, evil: Stranger
) -> None:
    await log_in(catalogue(table(good), "old-secret"), store, driver)
    good.asked.clear()

    with pytest.raises(NotRefreshableError, match="another server or client than the table names") as told:
        await refresh(catalogue(table(evil if moves else good, client_id), "new-secret"), store, driver)

    assert "log in again" in str(told.value)
    assert (good.asked, evil.asked) == ([], [])


async def test_a_record_in_the_store_does_not_say_where_the_secret_goes(
    store: AsyncStore, driver: Driver, good: Stranger, evil: Stranger
) -> None:
    at = catalogue(table(good), "secret")
    await log_in(at, store, driver)

    def forge(draft: Draft) -> None:
        tenant, entry = Tenant("lab"), draft["lab"]
        assert isinstance(entry, McpEntry)
        draft["lab"] = dataclasses.replace(entry, issuer=evil.url)
        record = draft.clients[tenant]
        facts = {**record.facts, "issuer": evil.url, "token_url": f"{evil.url}/token"}
        draft.clients[tenant] = record._replace(facts=facts)

    await store.update(forge)

    with pytest.raises(NotRefreshableError, match="another server or client than the table names"):
        await refresh(at, store, driver)
    assert evil.asked == []


async def test_the_authorization_server_that_the_server_names_gets_the_secret(
    store: AsyncStore, driver: Driver, good: Stranger, evil: Stranger
) -> None:
    """Here `evil` is no evil server, but the authorization server at another host."""
    good.pages[f"{RESOURCE}/mcp"] = Page(good.resource(authorization_servers=[evil.url]))
    at = catalogue(table(good), "secret")
    await log_in(at, store, driver)
    sent: list[str] = []

    class Watched(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            if request.url.path == "/token":
                sent.append(request.headers["authorization"])
            return await super().handle_async_request(request)

    watched = Driver(Watched())
    await refresh(at, store, watched)
    await watched.aclose()

    assert sent == [f"Basic {base64.b64encode(b'mine:secret').decode()}"]
    assert evil.paths.count("/token") == 2
