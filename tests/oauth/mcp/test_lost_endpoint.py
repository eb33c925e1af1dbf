"""A login whose record was lost is renewed within the time for which agents in other languages wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import VendorUnavailableError
from openab_auth.oauth.http.deadline import AwakeClock
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, Json, McpEntry
from tests.oauth.mcp.stranger import Page, Stranger

DEADLINE = 4.0  # seconds; a fifth of the real one, as the 1.6 s for a request are
RENEWED = {"access_token": "new", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "next"}

pytestmark = pytest.mark.parametrize("driver", [1.6], indirect=True)


@pytest.fixture
async def store(tmp_path: Path, stranger: Stranger) -> AsyncStore:
    """Write an expired login without a record of its endpoint and client."""
    store = AsyncStore(FileStore(tmp_path / "auth.json"))
    reply: dict[str, Json] = {
        "access_token": "old",
        "token_type": "bearer",
        "expires_in": 60,
        "refresh_token": "posted",
    }
    login = McpEntry("lost", reply, token_received_at=int(time.time()) - 3600, issuer=stranger.url)
    await store.update(lambda draft: draft.update(lab=login))
    return store


@pytest.fixture
async def source(store: AsyncStore, stranger: Stranger, driver: Driver) -> AsyncIterator[TokenSource]:
    config = Config(auth=AuthSettings(vendors=(), allow_http_loopback=True), mcp={"lab": {"url": stranger.mcp}})
    catalogue = Catalogue.from_config(config, {})
    async with TokenSource(store, catalogue=catalogue, driver=driver, deadline=DEADLINE) as source:
        yield source


def slow_documents(stranger: Stranger, delay: float) -> None:
    """Delay each of three documents by this many seconds, none of them beyond its own deadline."""
    stranger.is_a_good_server()
    stranger.pages = {path: replace(page, delay=delay) for path, page in stranger.pages.items()}


async def stay(source: TokenSource, store: AsyncStore, stranger: Stranger) -> float:
    """Return the seconds of this loop from the first request until the tenant's lease is free."""
    flight = asyncio.create_task(source.get_valid("mcp:lab"))
    while not stranger.asked:
        await asyncio.sleep(0.005)
    lock = store.lease("lab")
    with AwakeClock() as stayed:
        while not lock.try_acquire():
            await asyncio.sleep(0.005)
    lock.release()
    await asyncio.gather(flight, return_exceptions=True)
    return stayed.seconds()


async def test_nothing_is_posted_once_the_lookup_has_used_up_the_time_for_it(
    source: TokenSource, store: AsyncStore, stranger: Stranger
) -> None:
    slow_documents(stranger, 1.2)
    stranger.pages["/token"] = Page(RENEWED, delay=5)

    assert await stay(source, store, stranger) < DEADLINE

    assert "/token" not in stranger.paths
    with pytest.raises(VendorUnavailableError, match="did not arrive in time") as late:
        await source.force_refresh("mcp:lab")
    assert not late.value.processed
    attempt = (await store.notes())["lab"].attempt
    assert attempt is not None
    assert attempt.answered


async def test_after_a_slow_lookup_an_unanswered_request_is_not_repeated(
    source: TokenSource, store: AsyncStore, stranger: Stranger
) -> None:
    """A repetition would end in time, but the commit of its answer would not."""
    slow_documents(stranger, 0.2)
    stranger.pages["/token"] = Page(RENEWED, delay=5)

    assert await stay(source, store, stranger) < DEADLINE

    assert stranger.paths.count("/token") == 1
    attempt = (await store.notes())["lab"].attempt
    assert attempt is not None
    assert not attempt.answered


async def test_documents_in_time_lead_to_the_new_token_and_are_asked_for_once(
    source: TokenSource, store: AsyncStore, stranger: Stranger
) -> None:
    slow_documents(stranger, 0.05)
    stranger.pages["/token"] = Page(RENEWED)

    assert (await source.get_valid("mcp:lab")).value.reveal() == "new"
    asked = len(stranger.asked)
    await source.force_refresh("mcp:lab")
    assert len(stranger.asked) == asked + 1
