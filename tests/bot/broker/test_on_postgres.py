"""A broker on a store in PostgreSQL: keys end within a second, and tokens come from memory while it is away."""

from __future__ import annotations

import asyncio
import time
import uuid
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from openab_auth.bot.broker import add_key, new_key, revoke_key
from openab_auth.bot.broker.admission import keys
from openab_auth.storage import BrokerKey, Secret, Store, TokenEntry
from tests.bot.broker.running_broker import FAR, SOON, broker_in_this_process
from tests.support.patience import PATIENCE

stores: Any = pytest.importorskip("tests.support.postgres.stores", reason="there is no store in PostgreSQL here")


@pytest.fixture
def schema() -> str:
    return f"s{uuid.uuid4().hex}"


@pytest.fixture
def server(postgres_servers: Any) -> Any:
    """Start a server that a test may stop."""
    return postgres_servers.make().start()


def login(tenant: str) -> TokenEntry:
    return TokenEntry(Secret("canary-access"), Secret("canary-refresh"), FAR, "https://x.example/token", tenant)


def put(store: Store, name: str, *tenants: str) -> str:
    key = new_key()
    store.update(lambda draft: add_key(draft, name, BrokerKey(key.fingerprint(), tenants, None, None, 1)))
    return key.reveal()


async def status(place: Path, account: str, key: str | None = None, *, wait: int = 0) -> int:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(place))) as session,
        session.get(f"http://broker/v1/token/{account}", headers=headers, params={"wait": wait}) as answer,
    ):
        return answer.status


async def test_another_hosts_changes_count_within_a_second(server: Any, schema: str, tmp_path: Path) -> None:
    here, other = (stores.make_store(server, schema, tmp_path / host) for host in ("here", "other"))
    other.update(lambda draft: draft.__setitem__("codex", login("codex")))
    key = put(other, "ci", "codex", "claude")
    async with broker_in_this_process(tmp_path, here) as place:
        poll = asyncio.create_task(status(place, "claude", key, wait=50))
        for _ in range(10):
            assert await status(place, "codex", key) == 200
            await asyncio.sleep(0.1)

        await asyncio.to_thread(
            other.update, lambda draft: draft.__setitem__("anthropic-oauth", login("anthropic-oauth"))
        )
        stored_at = time.monotonic()
        assert await poll == 200
        assert time.monotonic() - stored_at < SOON

        await asyncio.to_thread(other.update, lambda draft: revoke_key(draft, "ci"))
        revoked_at = last = time.monotonic()
        while await status(place, "codex", key) == 200:
            last = time.monotonic()
        assert last - revoked_at < SOON


async def test_while_the_database_is_away_keys_end_and_tokens_come_from_memory(
    server: Any, schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_LONGEST_AGE", 3.0)
    store = stores.make_store(server, schema, tmp_path / "here")
    store.update(lambda draft: draft.__setitem__("codex", login("codex")))
    key = put(store, "ci", "codex")
    async with broker_in_this_process(tmp_path, store) as place:
        assert await status(place, "codex", key) == 200
        server.stop()
        went_at = time.monotonic()
        while (found := await status(place, "codex", key)) == 200:
            assert time.monotonic() < went_at + PATIENCE

        assert found == 503
        assert time.monotonic() - went_at > 2
        assert await status(place, "codex") == 200  # our own user needs no key
        server.start()
        while await status(place, "codex", key) != 200:
            assert time.monotonic() < went_at + PATIENCE
