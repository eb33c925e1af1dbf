"""The clock of the database decides; those of the hosts may be wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from openab_auth.storage import PendingEntry, Secret, UserId, pending_key
from openab_auth.storage.errors import StoreClosedError
from tests.storage.entries import put, token
from tests.storage.postgres.hosts.conversations import LISTENER, ask, send
from tests.storage.postgres.places import Place
from tests.storage.processes import Start
from tests.support.patience import PATIENCE
from tests.support.postgres.proxy import Proxy

DAY = 86_400
PENDING = pending_key("codex", UserId(7))


def pending() -> PendingEntry:
    return PendingEntry(Secret("v"), Secret("s"), "https://as.example/token", "codex", None, int(time.time()))


@pytest.mark.parametrize("seconds", [-DAY, DAY])
def test_a_host_with_a_wrong_clock_removes_no_login_that_waits(seconds: int, place: Place, start: Start) -> None:
    place.open().update(put(PENDING, pending()))
    wrong = start(LISTENER, place.on_another_host().argument())
    ask(wrong, f"setattr(time, 'time', lambda real=time.time: real() + {seconds})")

    assert ask(wrong, "store.update(put('claude', token('claude')))") == "'claude'"

    assert list(place.open().read()) == [PENDING, "claude"]


def test_a_login_that_waited_for_too_long_is_removed_by_any_host(place: Place) -> None:
    place.open().update(put(PENDING, pending()))
    place.execute("UPDATE {}.entries SET expires_at = clock_timestamp() - interval '1 second' WHERE kind = 'pending'")

    place.on_another_host().open().update(put("claude", token("claude")))

    assert list(place.open().read()) == ["claude"]


def test_the_tokens_of_commits_are_kept_for_a_day(place: Place) -> None:
    """A client looks its own up within seconds; a table that grows for ever would be a burden."""
    store = place.open()
    store.update(put("codex", token()))
    for age in ("25 hours", "23 hours"):
        place.execute("INSERT INTO {}.commits VALUES (gen_random_uuid(), clock_timestamp() - %s::interval)", age)
    place.execute("UPDATE {}.store SET version = 256 * 1000, version_id = gen_random_uuid()")

    store.update(put("codex", token(value="new")))

    hours = "SELECT round(extract(epoch FROM clock_timestamp() - at) / 3600) FROM {}.commits ORDER BY at"
    assert [int(age) for (age,) in place.execute(hours)] == [23, 0, 0]


def test_a_read_that_is_not_current_costs_one_question(place: Place, proxy: Proxy) -> None:
    store = place.through(proxy.folder).open(max_staleness=0.0)
    store.update(put("codex", token()))
    store.read()
    before = len(proxy.statements)

    store.read()

    assert sum(sent[:1] in b"PQ" for sent in proxy.statements[before:]) == 1


def test_a_host_that_belongs_to_another_store_refreshes_nothing(place: Place, tmp_path: Path) -> None:
    """Its database was replaced, perhaps by a copy whose refresh tokens are spent."""
    assert place.open().lease("codex").try_acquire()
    other = Place.made(place.server, f"{place.schema}_b", place.journal, key=place.key)
    store = other.open()
    store.update(put("codex", token()))

    with pytest.raises(StoreClosedError):
        store.lease("codex").try_acquire()
    assert store.read()["codex"] == token()
    assert other.on_another_host().open().lease("codex").try_acquire()


def test_a_closed_store_is_read_and_written_and_refreshes_nothing(place: Place) -> None:
    store = place.open()
    place.execute("UPDATE {}.store SET open = false")

    with pytest.raises(StoreClosedError):
        store.lease("codex").try_acquire()
    store.update(put("codex", token()))
    assert place.open().read()["codex"] == token()
    assert any("closed" in problem.what for problem in store.problems())


def test_a_lease_that_was_asked_for_late_ends_early(place: Place, proxy: Proxy, start: Start) -> None:
    """The answer of the database took a while; the lease counts from before the question."""
    process = start(LISTENER, place.through(proxy.folder).argument())
    ask(process, "store.read()")
    ask(process, "setattr(leases, 'LIFETIME', 6.0)")
    with proxy.silent():
        send(process, "lease.try_acquire()")
        time.sleep(2.0)
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"

    assert ask(process, "lease.mark_posted(4.5)") == "False"
    assert ask(process, "lease.mark_posted(2.0)") == "True"
    process.communicate(timeout=PATIENCE)
