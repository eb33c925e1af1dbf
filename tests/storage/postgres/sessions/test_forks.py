"""A process forks while its store is at work: the child uses nothing of its parent's, and waits for nobody."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from openab_auth.storage.postgres import PostgresStore
from tests.storage.entries import put, token
from tests.storage.postgres.places import Place
from tests.support.patience import PATIENCE
from tests.support.postgres.proxy import Proxy

LONGEST = 15  # seconds; after them SIGALRM ends a child that hangs


def forked(work: Callable[[], object]) -> int:
    """Run `work` in a child, and return its exit status; negative if it hung."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal_after(LONGEST)
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def signal_after(seconds: int) -> None:
    import signal  # noqa: PLC0415 -- in the child alone

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)


@pytest.fixture
def store(place: Place, proxy: Proxy) -> Iterator[PostgresStore]:
    """Open a store through a proxy, so that its work can be held; it has read everything once."""
    store = place.through(proxy.folder).open(max_staleness=0.0)
    store.update(put("codex", token()))
    store.read()
    yield store
    proxy.release()
    store.close()


def use(store: PostgresStore) -> None:
    """Read, write, spill and take a lease."""
    assert store.read()["codex"] == token()
    lease = store.lease("claude")
    assert lease.try_acquire()
    lease.release()
    store.update(put("child", token("child")))
    store.spill("codex", token(value="new"), token())
    assert store.entry("codex") == token(value="new")


def test_a_child_of_a_store_at_rest_works_and_so_does_the_parent(place: Place, store: PostgresStore) -> None:
    assert forked(lambda: use(store)) == 0

    assert "child" in store.read()
    store.update(put("parent", token("parent")))
    assert "parent" in place.open().read()


@pytest.mark.parametrize(
    ("text", "work"),
    [
        (b"select id", lambda store: store.read()),
        (b"for update", lambda store: store.update(put("parent", token("parent")))),
        (b"leases", lambda store: store.lease("kimi").try_acquire()),
    ],
    ids=["reading", "writing", "taking a lease"],
)
def test_a_child_waits_for_no_thread_of_its_parent(
    text: bytes, work: Callable[[PostgresStore], object], proxy: Proxy, store: PostgresStore
) -> None:
    """A thread of the parent has its answer held back while the parent forks; the child has a way of its own."""
    reached = proxy.hold(text, "after")
    working = threading.Thread(target=work, args=(store,))
    working.start()
    assert reached.wait(PATIENCE)

    status = forked(lambda: store.read() and store.lease("claude").try_acquire())

    proxy.release()
    working.join(PATIENCE)
    assert status == 0


def test_a_child_releases_while_its_parent_still_does(proxy: Proxy, store: PostgresStore) -> None:
    lease = store.lease("claude")
    assert lease.try_acquire()
    reached = proxy.hold(b"delete", "after")
    lease.release()
    assert reached.wait(PATIENCE)

    def work() -> None:
        own = store.lease("kimi")
        assert own.try_acquire()
        own.release()
        store.spill("codex", token(value="new"), token())

    status = forked(work)

    proxy.release()
    assert status == 0
