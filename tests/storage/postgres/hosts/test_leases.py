"""Leases between processes: the clock of the database decides, and a lapsed lease does not prove a death."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import Lease
from openab_auth.storage.postgres.leases import GRACE, LIFETIME
from tests.storage.entries import put, token
from tests.storage.postgres.hosts.conversations import LISTENER, ask, send
from tests.storage.postgres.places import OPEN, Place
from tests.storage.processes import Start, line_of
from tests.support.patience import PATIENCE
from tests.support.postgres.proxy import Proxy

Process = subprocess.Popen[str]
DEADLINE = 20.0  # seconds of a refresh
RACER = (
    OPEN
    + """
store, inside, times = opened(sys.argv[1]), sys.argv[2], int(sys.argv[3])
lease, taken = store.lease("codex"), 0
while taken < times:
    if not lease.try_acquire():
        continue
    os.close(os.open(inside, os.O_CREAT | os.O_EXCL))  # fails if another process is inside
    assert lease.mark_posted(1.0)
    os.unlink(inside)
    lease.release()
    taken += 1
print("done")
"""
)


@pytest.fixture
def other(place: Place) -> Lease:
    """Return the lease as another host sees it."""
    return place.on_another_host().open().lease("codex")


@pytest.fixture
def holder(place: Place, start: Start) -> Process:
    """Start a process that holds the lease."""
    process = start(LISTENER, place.argument())
    assert ask(process, "lease.try_acquire()") == "True"
    return process


def kill(process: Process) -> None:
    process.kill()
    process.wait(PATIENCE)


def test_the_lease_of_a_killed_process_is_free_when_it_ends(place: Place, holder: Process, other: Lease) -> None:
    kill(holder)

    assert not other.try_acquire()
    free_in = other.free_in()
    assert free_in is not None
    assert LIFETIME - PATIENCE / 4 < free_in <= LIFETIME
    place.pass_time(LIFETIME)
    assert other.try_acquire()


def test_a_killed_process_that_posted_keeps_its_lease_for_the_grace(
    place: Place, holder: Process, other: Lease
) -> None:
    assert ask(holder, f"lease.mark_posted({DEADLINE})") == "True"
    kill(holder)

    place.pass_time(LIFETIME)
    assert not other.try_acquire()
    free_in = other.free_in()
    assert free_in is not None
    assert LIFETIME < free_in <= GRACE
    place.pass_time(GRACE)
    assert other.try_acquire()


def test_a_stopped_process_posts_nothing_after_its_lease_was_taken(place: Place, holder: Process, other: Lease) -> None:
    holder.send_signal(signal.SIGSTOP)
    place.pass_time(LIFETIME)
    assert other.try_acquire()
    holder.send_signal(signal.SIGCONT)

    assert ask(holder, "lease.mark_posted(1.0)") == "False"
    assert ask(holder, "lease.release()") == "None"
    assert other.mark_posted(1.0)


def test_a_process_knows_by_its_own_clock_that_it_stood_still(place: Place, start: Start, proxy: Proxy) -> None:
    """It asks nobody: nobody has taken the lease, and the answer could be late."""
    process = start(LISTENER, place.through(proxy.folder).argument())
    assert ask(process, "setattr(leases, 'LIFETIME', 2.0)") == "None"
    assert ask(process, "lease.try_acquire()") == "True"
    process.send_signal(signal.SIGSTOP)
    place.execute("SELECT pg_sleep(2.1)")
    process.send_signal(signal.SIGCONT)

    assert ask(process, "lease.mark_posted(0.1)") == "False"
    assert not any(b"set posted_at" in sent for sent in proxy.statements)


def test_a_request_that_needs_longer_than_the_lease_is_not_sent(place: Place, holder: Process) -> None:
    place.pass_time(LIFETIME - DEADLINE + 1)

    assert ask(holder, f"lease.mark_posted({DEADLINE})") == "False"
    assert ask(holder, f"lease.mark_posted({DEADLINE - 10})") == "True"


def test_a_late_release_gives_back_only_its_own_lease(place: Place, holder: Process, other: Lease) -> None:
    place.pass_time(LIFETIME)
    assert other.try_acquire()

    assert ask(holder, "lease.release()") == "None"
    holder.communicate(timeout=PATIENCE)  # with its thread for releases

    assert place.execute("SELECT count(*) FROM {}.leases") == [(1,)]
    assert other.mark_posted(1.0)


def test_a_commit_needs_no_lease(place: Place, holder: Process, other: Lease) -> None:
    """A rotated token is never thrown away because time passed."""
    assert ask(holder, f"lease.mark_posted({DEADLINE})") == "True"
    place.pass_time(LIFETIME + GRACE)
    assert other.try_acquire()

    assert ask(holder, "store.update(put('codex', token(value='late')))") == "'codex'"

    assert place.open().read() == {"codex": token(value="late")}


def test_a_lease_outlives_the_connections_and_the_server(own_place: Place, start: Start) -> None:
    process = start(LISTENER, own_place.argument())
    assert ask(process, "lease.try_acquire()") == "True"
    own_place.server.stop()
    assert ask(process, f"lease.mark_posted({DEADLINE})") == "StoreUnwritableError"
    own_place.server.start()

    assert not own_place.open().lease("codex").try_acquire()
    assert ask(process, f"lease.mark_posted({DEADLINE})") == "True"
    assert ask(process, "lease.release()") == "None"
    process.communicate(timeout=PATIENCE)
    assert own_place.open().lease("codex").try_acquire()


def test_a_commit_of_the_answer_ends_the_grace(place: Place, holder: Process, other: Lease) -> None:
    """A process that is killed after its commit keeps nobody waiting for longer than its lease."""
    assert ask(holder, f"lease.mark_posted({DEADLINE})") == "True"
    assert ask(holder, "store.update(put('codex', token()))") == "'codex'"
    kill(holder)

    place.pass_time(LIFETIME)

    assert other.try_acquire()


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_the_clock_of_a_host_is_not_asked(seconds: int, place: Place, start: Start, other: Lease) -> None:
    process = start(LISTENER, place.argument())
    ask(process, f"setattr(time, 'time', lambda real=time.time: real() + {seconds})")

    assert ask(process, "lease.try_acquire()") == "True"

    assert not other.try_acquire()
    assert ask(process, "lease.mark_posted(1.0)") == "True"
    place.pass_time(LIFETIME - 1)
    assert not other.try_acquire()


def test_processes_that_race_for_a_lease_are_never_inside_together(
    place: Place, start: Start, tmp_path: Path, run: Callable[..., str]
) -> None:
    racers = [
        start(RACER, place.on_another_host(str(number)).argument(), tmp_path / "inside", 20) for number in range(3)
    ]

    for racer in racers:
        out, err = racer.communicate(timeout=PATIENCE)
        assert out.strip() == "done", err
    assert place.execute("SELECT count(*) FROM {}.leases") == [(0,)]


def test_a_child_of_a_holder_does_not_give_its_lease_back(place: Place, other: Lease) -> None:
    lease = place.open().lease("codex")
    assert lease.try_acquire()
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)

    assert not other.try_acquire()
    assert lease.mark_posted(1.0)


def test_a_killed_commit_leaves_no_lock(place: Place, start: Start) -> None:
    """It is killed inside of its mutation, with the row of the store locked."""
    process = start(LISTENER, place.argument())
    send(process, "store.update(lambda draft: (print('inside', flush=True), sys.stdin.readline()))")
    assert line_of(process).strip() == "inside"
    kill(process)

    place.open().update(put("codex", token()))
