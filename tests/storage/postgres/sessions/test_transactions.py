"""Transactions are short, bounded by the server, and depend on no session."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from pathlib import Path

import pytest

from openab_auth.storage import CLIENTS, NOTES, StorageError, Store, StoreLocation, StoreOptions
from openab_auth.storage.postgres.opening import check_settings
from openab_auth.storage.postgres.sealed.keys import new_key
from openab_auth.storage.postgres.upkeep.rekeying import Rekeying
from tests.storage.entries import put, token
from tests.storage.postgres.away.outages import attempt
from tests.storage.postgres.places import KEY, Place
from tests.support.patience import PATIENCE
from tests.support.postgres.proxy import Proxy

LIMIT = 5.0  # seconds
SLACK = 4.0  # seconds; on a machine that others share


def everything(store: Store) -> None:
    """Use every method that asks the database."""
    lease = store.lease("codex")
    assert lease.try_acquire()
    assert lease.mark_posted(1.0)
    store.update(put("codex", token()))
    lease.release()
    store.read()
    store.entry("codex")
    store.notes()
    store.record(NOTES, "codex")
    store.clients()
    store.record(CLIENTS, "codex")
    store.check_writable()
    store.problems()
    store.spill("codex", token(value="new"), token())
    store.update(put("other", token("other")))


@pytest.fixture
def statements(place: Place, proxy: Proxy) -> list[str]:
    """Return the text of every statement that a store sends."""
    everything(place.through(proxy.folder).open(max_staleness=0.0))
    texts = (re.sub(rb"[^\x20-\x7e\n]+", b" ", sent).decode() for sent in proxy.statements if sent[:1] in b"QP")
    return [text.lower() for text in texts]


def test_every_transaction_bounds_its_locks_and_its_pauses(statements: list[str]) -> None:
    begun = [number for number, text in enumerate(statements) if re.search(r"\bbegin\b", text)]
    assert begun
    for number in begun:
        following = " ".join(statements[number : number + 2])
        assert "lock_timeout" in following, statements[number : number + 3]
        assert "idle_in_transaction_session_timeout" in following


def test_nothing_depends_on_a_session(statements: list[str]) -> None:
    said = "\n".join(statements)

    assert not re.search(r"pg_(try_)?advisory_(lock|unlock|shared)", said)
    assert not re.search(r"^.?\s*(set (?!local|transaction)|listen|prepare|declare|create temp)", said, re.MULTILINE)
    assert "', false)" not in said  # set_config for the session


@pytest.mark.parametrize("paused_at", [b"for update", b"repeatable read"])
def test_a_paused_client_blocks_nobody_for_long(paused_at: bytes, place: Place, proxy: Proxy) -> None:
    """The first waits in its transaction for a network that has stopped; the server ends its transaction."""
    paused, other = place.through(proxy.folder).open(max_staleness=0.0), place.open()
    other.update(put("codex", token()))
    reached = proxy.hold(paused_at, "after")
    works = (lambda: paused.update(put("paused", token("paused")))) if b"update" in paused_at else paused.read

    def work() -> None:
        with contextlib.suppress(StorageError):
            works()

    working = threading.Thread(target=work)
    working.start()
    assert reached.wait(PATIENCE)
    begun = time.monotonic()
    while True:
        try:
            other.update(put("codex", token(value="new")))
            break
        except StorageError:
            assert time.monotonic() - begun < LIMIT + SLACK

    while any(state.startswith("idle in transaction") for _, state in place.server.connections()):
        assert time.monotonic() - begun < LIMIT + SLACK
        time.sleep(0.05)
    proxy.release()
    working.join(PATIENCE)
    assert "paused" not in place.open().read()


def test_a_paused_rekeying_blocks_nobody_for_long(place: Place, proxy: Proxy) -> None:
    other, through = place.open(), place.through(proxy.folder)
    other.update_all([put(f"codex@{number}", token(f"codex@{number}")) for number in range(200)])
    settings, environ = through.settings(keys=("k2=env:NEW", f"k1=env:{KEY}"))
    options = StoreOptions(**settings)
    checked = check_settings(StoreLocation(through.url(), options), environ | {"NEW": new_key().reveal()})
    reached = proxy.hold(b"set entry", "after")
    working = threading.Thread(target=lambda: attempt(Rekeying(checked).run))
    working.start()
    assert reached.wait(PATIENCE)
    begun = time.monotonic()

    while isinstance(attempt(lambda: other.update(put("codex", token()))), StorageError):
        assert time.monotonic() - begun < LIMIT + SLACK

    proxy.release()
    working.join(PATIENCE)


def test_a_commit_costs_the_same_with_many_logins(place: Place, proxy: Proxy) -> None:
    """It writes the rows that changed, and no others."""
    store = place.through(proxy.folder).open()
    store.update(put("codex", token()))
    store.update(put("codex", token(value="1")))
    before = len(proxy.statements), sum(map(len, proxy.statements))
    store.update(put("codex", token(value="2")))
    few = len(proxy.statements) - before[0], sum(map(len, proxy.statements)) - before[1]

    place.open().update_all([put(f"codex@{n}", token(f"codex@{n}")) for n in range(500)])
    store.read()
    before = len(proxy.statements), sum(map(len, proxy.statements))
    store.update(put("codex", token(value="3")))
    many = len(proxy.statements) - before[0], sum(map(len, proxy.statements)) - before[1]

    assert many[0] <= few[0]
    assert many[1] < few[1] + 200


def test_two_stores_in_one_database_do_not_meet(place: Place, tmp_path: Path) -> None:
    other = Place.made(place.server, f"{place.schema}_b", tmp_path / "other")
    lease, same = place.open().lease("codex"), other.open().lease("codex")
    place.open().update(put("codex", token()))

    assert lease.try_acquire()
    assert same.try_acquire()
    assert dict(other.open().read()) == {}
