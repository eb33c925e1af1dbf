"""`store rekey` while bots and agents commit: no commit is lost, and no reader notices anything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from openab_auth.storage.options import StoreOptions
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.sealed.keys import StoreKeys, new_key
from openab_auth.storage.postgres.upkeep.making import make_store
from openab_auth.storage.postgres.upkeep.rekeying import Rekeying
from openab_auth.storage.secret import Secret
from tests.storage.entries import put, token, token_in
from tests.support.patience import PATIENCE
from tests.support.postgres.server import Server

OLD, NEW = new_key(), new_key()
TENANTS = [f"t{number}" for number in range(20)]


class Traffic:
    """Writes and reads all logins again and again, in threads; `written` has the last value of each."""

    def __init__(self, old_first: PostgresStore, new_first: PostgresStore) -> None:
        self.written: dict[str, str] = {}
        self.seen: list[int] = []
        self._stop = threading.Event()
        self._reader = new_first
        self._threads = [
            threading.Thread(target=self._write, args=(old_first, TENANTS[::2])),
            threading.Thread(target=self._write, args=(new_first, TENANTS[1::2])),
            threading.Thread(target=self._read),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        wait_until(lambda: TENANTS[0] in self.written and TENANTS[1] in self.written and bool(self.seen))
        return self

    def __exit__(self, *raised: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _write(self, store: PostgresStore, tenants: list[str]) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            for tenant in tenants:
                store.update(put(tenant, token(tenant, f"{turn}")))
                self.written[tenant] = f"{turn}"

    def _read(self) -> None:
        while not self._stop.is_set():
            self.seen.append(len(self._reader.read()))


def test_commits_during_a_rekey_are_kept(postgres: Server, schema: str, tmp_path: Path) -> None:
    """One writer has not moved the new key to the front yet; it still writes rows with the old one."""

    def settings(*keys: tuple[str, Secret]) -> PostgresSettings:
        options = StoreOptions(schema, journal=str(tmp_path / "journal"), max_staleness=0.0)
        return PostgresSettings(Secret(postgres.url()), options, StoreKeys(dict(keys)))

    old_first, new_first = settings(("old", OLD), ("new", NEW)), settings(("new", NEW), ("old", OLD))
    make_store(old_first)
    store = PostgresStore(old_first)
    store.update(lambda draft: draft.update({tenant: token(tenant, "0") for tenant in TENANTS}))

    with Traffic(store, PostgresStore(new_first)) as traffic:
        for _ in range(3):
            assert Rekeying(new_first, batch=3).run().damaged == ()
    done = Rekeying(new_first).run()

    assert done.other_keys == {}
    assert set(traffic.seen) == {len(TENANTS)}
    entries = PostgresStore(settings(("new", NEW))).read()  # the old key has been removed from this host
    assert {tenant: token_in(entries, tenant).access_token for tenant in traffic.written} == {
        tenant: Secret(value) for tenant, value in traffic.written.items()
    }


def wait_until(holds: Callable[[], bool]) -> None:
    ready = threading.Event()
    for _ in range(int(PATIENCE * 100)):
        if holds():
            return
        ready.wait(0.01)
    raise AssertionError
