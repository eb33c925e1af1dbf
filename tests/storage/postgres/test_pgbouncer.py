"""PgBouncer in transaction mode: each transaction may go to another server process, and nothing notices."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.storage import Draft, Store
from tests.storage.contract.store_contract import StoreContract
from tests.storage.entries import put, token, token_in
from tests.storage.postgres.places import Place
from tests.support.clock import Clock
from tests.support.patience import PATIENCE
from tests.support.postgres.pgbouncer import start_pgbouncer
from tests.support.postgres.server import ROWS, Server
from tests.support.postgres.stores import make_store

THREADS = 12
TIMES = 5


class TestThroughPgBouncer(StoreContract):
    """It has two connections to the server for each role."""

    @pytest.fixture
    def store(self, postgres: Server, pgbouncer: Path, schema: str, clock: Clock, tmp_path: Path) -> Iterator[Store]:
        url = postgres.url(ROWS, host=pgbouncer)
        store = make_store(postgres, schema, tmp_path / "journal", clock, url=url)
        yield store
        store.close()


def count(draft: Draft) -> None:
    entry = token_in(draft)
    draft["codex"] = replace(entry, expires_at=entry.expires_at + 1)


def test_many_stores_share_one_connection_and_lose_nothing(place: Place) -> None:
    """The pool has one connection, so every transaction that was held for long would stop all others."""
    pooled = place.through(start_pgbouncer(place.server, size=1))
    pooled.open().update(put("codex", token(expires_at=0)))
    failed: list[Exception] = []

    def work() -> None:
        store = pooled.open()
        lease = store.lease(threading.current_thread().name)
        try:
            assert lease.try_acquire()
            for _ in range(TIMES):
                store.update(count)
                store.read()
            assert lease.mark_posted(1.0)
            lease.release()
        except Exception as error:  # noqa: BLE001 -- of any kind
            failed.append(error)

    threads = [threading.Thread(target=work, name=f"codex@{number}") for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert failed == []
    assert token_in(place.open().read()).expires_at == THREADS * TIMES


def test_a_pooler_that_is_started_again_is_an_outage_of_a_moment(place: Place) -> None:
    pooler = start_pgbouncer(place.server)
    store = place.through(pooler).open(max_staleness=0.0)
    store.update(put("codex", token(expires_at=0)))
    place.server.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = %s AND pid <> pg_backend_pid()",
        ROWS,
    )

    assert token_in(store.read()).expires_at == 0
    store.update(count)
    assert token_in(store.read()).expires_at == 1
