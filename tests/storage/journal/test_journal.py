"""A renewed login that could not be committed is kept beside the store, found by all, and never lost or revived."""

from __future__ import annotations

import fcntl
import json
import os
import re
import resource
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, McpEntry, Mutation, StoreUnwritableError, TokenEntry, journal
from tests.storage.entries import put, token
from tests.storage.journal.spills import NEW, OLD, place

NEWER = token(value="at2")


@pytest.fixture
def store(path: Path) -> FileStore:
    store = FileStore(path)
    store.update(put("codex", OLD))
    return store


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Let every write beyond this size fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_is_for_its_owner_alone_and_holds_the_replaced_tokens_hash(store: FileStore) -> None:
    old = os.umask(0)
    try:
        store.spill("codex", NEW, OLD)
    finally:
        os.umask(old)

    assert stat.S_IMODE(place(store).stat().st_mode) == 0o600
    assert json.loads(place(store).read_text())["replaces"] == [
        OLD.refresh_token.fingerprint(),
        f"access {OLD.access_token.fingerprint()}",
    ]
    assert "at0" not in place(store).read_text()
    assert [found.name for found in store.path.parent.iterdir() if ".tmp." in found.name] == []


def test_every_reader_finds_it_the_warm_one_and_a_new_process(store: FileStore, run: Callable[..., str]) -> None:
    warm = FileStore(store.path)
    os.utime(store.path, ns=(0, 0))
    assert warm.read()["codex"] == OLD
    assert warm.peek() is not None

    store.spill("codex", NEW, OLD)

    assert store.read()["codex"] == warm.read()["codex"] == NEW
    code = (
        "import sys; from openab_auth.storage import *;"
        "print(open_store(sys.argv[1]).read()['codex'].access_token.reveal())"
    )
    assert run(code, store.path) == "at1"
    assert json.loads(store.path.read_text())["codex"]["access_token"] == "at0"


def test_taking_the_refresh_lock_looks_again_even_if_the_file_is_untouched(store: FileStore) -> None:
    other = FileStore(store.path)
    os.utime(store.path, ns=(0, 0))
    other.read()
    journal.write(store.path, journal.compose(store.path, "codex", NEW, OLD))
    assert other.read()["codex"] == OLD

    lock = other.lease("codex")
    assert lock.try_acquire()
    assert other.read()["codex"] == NEW
    lock.release()


def test_the_next_update_of_anybody_commits_it_and_removes_it(store: FileStore) -> None:
    store.spill("codex", NEW, OLD)
    FileStore(store.path).update(lambda draft: None)

    assert json.loads(store.path.read_text())["codex"]["access_token"] == "at1"
    assert not place(store).exists()
    assert store.read()["codex"] == NEW


def test_an_update_sees_it_before_its_own_change(store: FileStore) -> None:
    store.spill("codex", NEW, OLD)
    assert store.update(lambda draft: draft["codex"]) == NEW


@pytest.mark.parametrize(
    ("mutate", "left"),
    [
        (put("other", token("other")), {"codex": NEW, "other": token("other")}),
        (put("codex", NEWER), {"codex": NEWER}),
        (lambda draft: draft.pop("codex"), {}),
        (lambda draft: None, {"codex": NEW}),
    ],
    ids=["another login", "the same login", "logout", "nothing"],
)
def test_one_before_an_updates_lock_counts_unless_that_ends_its_login(
    mutate: Mutation[object], left: dict[str, TokenEntry], store: FileStore
) -> None:
    holder = os.open(store.path.with_name("auth.json.global.lock"), os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    waiting_store = FileStore(store.path)
    update = threading.Thread(target=waiting_store.update, args=[mutate])
    update.start()
    waiting = re.compile(rf"-> FLOCK .*:{os.fstat(holder).st_ino} ")
    while not waiting.search(Path("/proc/locks").read_text()):
        time.sleep(0.001)
    waiting_store.spill("codex", NEW, OLD)
    time.sleep(0.05)  # so that the file's time is one that a reader may trust
    os.close(holder)
    update.join()

    assert waiting_store.read() == store.read() == left
    store.update(lambda draft: None)
    assert FileStore(store.path).read() == left
    assert not place(store).exists()


def test_a_mutation_that_raises_leaves_it_where_it_is(store: FileStore) -> None:
    store.spill("codex", NEW, OLD)
    with pytest.raises(KeyError):
        store.update(lambda draft: draft["nobody"])
    assert place(store).exists()
    assert store.read()["codex"] == NEW


def test_a_recovery_that_fails_loses_nothing(store: FileStore) -> None:
    store.spill("codex", NEW, OLD)
    with no_file_larger_than(64), pytest.raises(StoreUnwritableError):
        store.update(lambda draft: None)

    assert place(store).exists()
    assert FileStore(store.path).read()["codex"] == NEW
    store.update(lambda draft: None)
    assert FileStore(store.path).read()["codex"] == NEW


def test_a_second_refresh_that_could_not_be_committed_replaces_the_first(store: FileStore) -> None:
    store.spill("codex", NEW, OLD)
    store.spill("codex", NEWER, NEW)
    assert store.read()["codex"] == NEWER

    store.update(lambda draft: None)
    assert json.loads(store.path.read_text())["codex"]["refresh_token"] == "rt-at2"


def test_the_second_spill_counts_even_if_the_first_was_committed(store: FileStore) -> None:
    store.spill("codex", NEW, OLD)
    store.update(lambda draft: None)
    store.spill("codex", NEWER, NEW)
    assert FileStore(store.path).read()["codex"] == NEWER


def test_a_spill_written_during_a_recovery_is_not_removed_by_it(store: FileStore) -> None:
    first = journal.write(store.path, journal.compose(store.path, "codex", NEW, OLD))
    journal.write(store.path, journal.compose(store.path, "codex", NEWER, NEW))
    journal.discard(store.path, first)
    assert FileStore(store.path).read()["codex"] == NEWER


def test_a_login_in_between_wins(store: FileStore) -> None:
    login = token(value="login")
    store.spill("codex", NEW, OLD)
    store.path.write_text(store.path.read_text().replace("at0", "login"))  # another language's agent, say
    assert store.read()["codex"] == login

    store.update(lambda draft: None)
    assert not place(store).exists()
    assert not store.spill("codex", NEW, OLD)  # too late
    assert not place(store).exists()
    assert FileStore(store.path).read()["codex"] == login


def test_a_logout_leaves_nothing_in_the_journal(store: FileStore) -> None:
    store.spill("codex", NEW, OLD)
    store.update(lambda draft: draft.pop("codex"))
    assert not place(store).exists()
    assert dict(FileStore(store.path).read()) == {}

    assert not store.spill("codex", NEW, OLD)  # the refresh that was under way
    assert not place(store).exists()
    assert dict(FileStore(store.path).read()) == {}


def test_a_spill_that_comes_too_late_does_not_cost_the_one_that_waits(store: FileStore) -> None:
    store.spill("codex", NEW, OLD)
    assert not store.spill("codex", NEWER, token(value="of another time"))
    assert store.read()["codex"] == NEW
    assert FileStore(store.path).read()["codex"] == NEW


def test_an_mcp_login_is_spilled_too(store: FileStore) -> None:
    def login(number: int) -> McpEntry:
        reply = {"access_token": f"a{number}", "token_type": "bearer", "refresh_token": f"r{number}"}
        return McpEntry("client", reply, token_received_at=1)

    store.update(put("mcp:linear", login(0)))
    store.spill("mcp:linear", login(1), login(0))
    store.update(lambda draft: None)
    assert store.read()["mcp:linear"] == login(1)


def test_where_not_even_the_spill_can_be_written_the_caller_is_told(store: FileStore) -> None:
    with no_file_larger_than(10), pytest.raises(StoreUnwritableError):
        store.spill("codex", NEW, OLD)
    assert not place(store).exists()
    assert [found.name for found in store.path.parent.iterdir() if ".tmp." in found.name] == []
    assert store.read()["codex"] == OLD


def test_it_is_told_as_a_problem_until_it_is_committed(store: FileStore) -> None:
    store.spill("codex", token(value="canary-1"), OLD)
    [problem] = store.problems()
    assert str(place(store)) in problem.what
    assert "canary" not in repr((problem, journal.load(store.path, [place(store).name]), store.read()))
    store.update(lambda draft: None)
    assert store.problems() == ()


def test_the_longest_tenant_name_has_room_for_its_spill(path: Path) -> None:
    tenant = "x" * (255 - len("auth.json.refresh..lock"))
    store = FileStore(path)
    entry: TokenEntry = token(tenant)
    store.update(put(tenant, entry))
    store.spill(tenant, token(tenant, "new"), entry)
    assert FileStore(path).read()[tenant] == token(tenant, "new")


def test_a_recovery_during_a_read_does_not_show_it_the_spent_token(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that read the old file and then an empty journal would post a used token."""
    store.spill("codex", NEW, OLD)
    listdir = os.listdir

    def recover_then_list(folder: str) -> list[str]:
        monkeypatch.setattr(os, "listdir", listdir)
        store.update(lambda draft: None)
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", recover_then_list)
    assert FileStore(store.path).read()["codex"] == NEW
    assert not place(store).exists()
