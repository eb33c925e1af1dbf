"""The vendor's answer while the database is away: it is in the journal of the host at once, and in the store later."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from openab_auth.storage import Draft, Store
from openab_auth.storage.errors import StorageError
from tests.storage.entries import put, token
from tests.storage.postgres.away.outages import ACCESS, REFRESH, attempt, login
from tests.storage.postgres.places import OPEN, Place
from tests.storage.processes import Start
from tests.support.patience import PATIENCE
from tests.support.postgres.proxy import Proxy

LONGEST = 7.0  # seconds; one question to the database, and what a busy machine adds


@pytest.fixture
def store(place: Place, proxy: Proxy) -> Store:
    store = place.through(proxy.folder).open(max_staleness=0.0)
    store.update_all([put("codex", login()), put("claude", token("claude"))])
    store.read()
    return store


def spill(store: Store) -> float:
    """Spill a renewed login, and return the seconds that it took."""
    before = time.monotonic()
    assert store.spill("codex", login(value="2"), login())
    return time.monotonic() - before


def test_an_answer_is_kept_while_the_database_is_silent(proxy: Proxy, store: Store, tmp_path: Path) -> None:
    leases = [store.lease(f"lab{number}") for number in range(6)]
    assert all(lease.try_acquire() for lease in leases)
    with proxy.silent():
        for lease in leases:
            lease.release()
        took = spill(store)
        assert store.read()["codex"] == login(value="2")

    assert took < LONGEST
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert ACCESS.encode() not in kept
    assert REFRESH.encode() not in kept


def test_another_process_of_the_host_reads_the_answer_during_the_outage(
    place: Place, proxy: Proxy, store: Store
) -> None:
    beside, other = (one.through(proxy.folder).open(max_staleness=0.0) for one in (place, place.on_another_host()))
    beside.read()
    other.read()
    with proxy.refusing():
        spill(store)

        assert beside.read()["codex"] == login(value="2")
        assert other.read()["codex"] == login()
    assert beside.read()["codex"] == login(value="2")
    assert other.read()["codex"] == login()
    beside.update(put("claude", token("claude", "new")))
    assert other.read()["codex"] == login(value="2")


def test_a_mutation_that_raises_loses_no_answer(place: Place, proxy: Proxy, store: Store) -> None:
    """Nothing is committed then, so the answer still waits in the journal."""

    def fail(draft: Draft) -> None:
        draft["claude"] = token("claude", "new")
        raise LookupError

    with proxy.refusing():
        spill(store)
    for opened in (store, place.open()):
        with pytest.raises(LookupError):
            opened.update(fail)

    assert place.open().read()["codex"] == login(value="2")
    store.update(put("claude", token("claude", "new")))
    assert place.on_another_host().open().read()["codex"] == login(value="2")


def test_a_login_made_elsewhere_meanwhile_wins(place: Place, proxy: Proxy, store: Store) -> None:
    """A person logged in through a host that reached the database."""
    with proxy.refusing():
        spill(store)
        place.on_another_host().open().update(put("codex", login(value="person")))

    assert store.read()["codex"] == login(value="person")
    store.update(put("claude", token("claude", "new")))
    assert place.on_another_host("new").open().read()["codex"] == login(value="person")


def test_a_logout_made_elsewhere_meanwhile_wins(place: Place, proxy: Proxy, store: Store) -> None:
    with proxy.refusing():
        spill(store)
        place.on_another_host().open().update(lambda draft: draft.pop("codex"))

    assert "codex" not in store.read()
    store.update(put("claude", token("claude", "new")))
    assert "codex" not in place.on_another_host("new").open().read()


def test_a_logout_of_a_login_that_only_the_journal_knows_is_done(place: Place, proxy: Proxy, tmp_path: Path) -> None:
    """Nothing is written into the database then, and the journal must forget it all the same."""
    store = place.through(proxy.folder).open(max_staleness=0.0)
    store.read()
    with proxy.refusing():
        assert store.spill("codex", login(), None)
    assert store.read()["codex"] == login()

    assert store.update(lambda draft: draft.pop("codex")) == login()
    store.close()

    assert dict(store.read()) == {}
    assert dict(place.open().read()) == {}
    assert [file for file in tmp_path.rglob("*") if "codex" in file.name] == []


def test_the_lease_of_a_spilled_answer_stays_until_it_is_stored(place: Place, proxy: Proxy, store: Store) -> None:
    """The other hosts would post the token that the database still shows."""
    lease, other = store.lease("codex"), place.on_another_host().open().lease("codex")
    assert lease.try_acquire()
    assert lease.mark_posted(20.0)
    with proxy.refusing():
        spill(store)
        lease.release()

    assert not other.try_acquire()
    store.update(put("claude", token("claude", "new")))
    until = time.monotonic() + PATIENCE
    while not other.try_acquire():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_process_that_ends_leaves_its_answer_to_the_next_one(place: Place, proxy: Proxy, start: Start) -> None:
    """It is a new process, which has read nothing yet, on the same host."""
    place.open().update(put("codex", token()))
    code = """
from tests.storage.entries import token
store = opened(sys.argv[1])
store.read()
print("read", flush=True)
sys.stdin.readline()
assert store.spill("codex", token(value="new"), token())
os._exit(0)
"""
    process = start(OPEN + code, place.through(proxy.folder).argument())
    assert process.stdout is not None
    assert process.stdout.readline() == "read\n"
    with proxy.refusing():
        _, err = process.communicate("\n", PATIENCE)
    assert process.returncode == 0, err

    assert place.open().read()["codex"] == token(value="new")
    assert place.on_another_host().open().read()["codex"] == token()
    place.open().update(put("claude", token("claude")))
    assert place.on_another_host().open().read()["codex"] == token(value="new")


def test_a_journal_that_cannot_be_written_says_so_before_a_request(place: Place) -> None:
    """A rotated token that can be kept nowhere is lost."""
    store = place.open(journal="/proc/no-such-place")
    store.update(put("codex", login()))

    refused = attempt(store.check_writable)

    assert isinstance(refused, StorageError)
    assert "/proc/no-such-place" in str(refused)


def test_a_full_disk_of_the_journal_says_so_before_a_request(place: Place, tmp_path: Path) -> None:
    disk = place.server.ground.disk(1)
    store = place.open(journal=str(disk / "journal"))
    store.update(put("codex", login()))
    subprocess.run([sys.executable, "-c", f"open({str(disk / 'filler')!r}, 'wb').write(bytes(1 << 21))"], check=False)

    refused = attempt(store.check_writable)

    assert isinstance(refused, StorageError)
    (disk / "filler").unlink()
    store.check_writable()
