"""The primary is lost, and a standby takes its place that had not heard of the last commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.storage.entries import put, token
from tests.storage.postgres.away.outages import attempt
from tests.storage.postgres.places import OPEN, Place
from tests.support.postgres.pattern import Servers
from tests.support.postgres.proxy import Proxy
from tests.support.postgres.server import ROWS, Server

ROTATE = (
    OPEN
    + """
from tests.storage.entries import put, token
opened(sys.argv[1]).update(put("codex", token(value=sys.argv[2])))
"""
)


ROTATE_BOTH = (
    OPEN
    + """
from tests.storage.entries import put, token
opened(sys.argv[1]).update_all([put("claude", token("claude", "rotated")), put("codex", token(value="rotated"))])
"""
)


@dataclass
class Cluster:
    """A primary behind a proxy, and a standby that stopped following it when the test began."""

    place: Place
    proxy: Proxy
    standby: Server

    def fail_over(self) -> None:
        """Lose the primary with everything that it did since, and lead everybody to the standby."""
        self.place.server.kill()
        self.standby.start()
        self.standby.execute("SELECT pg_promote()")
        self.proxy.server = self.standby.folder
        self.proxy.cut_all()


@pytest.fixture
def cluster(postgres_servers: Servers, server: Server, schema: str, tmp_path: Path) -> Iterator[Cluster]:
    place = Place.made(server, schema, tmp_path / "journal")
    place.open().update_all([put("codex", token()), put("claude", token("claude"))])
    standby = postgres_servers.make_standby(server)
    with Proxy(server.ground.place(), server.folder).listening() as proxy:
        yield Cluster(place.through(proxy.folder), proxy, standby)
    standby.remove()
    server.start()  # its fixture ends it


def test_a_rotation_that_was_undone_is_written_again_by_its_host(cluster: Cluster) -> None:
    ours, theirs = cluster.place.open(max_staleness=0.0), cluster.place.on_another_host().open(max_staleness=0.0)
    ours.update(put("codex", token(value="rotated")))
    theirs.read()
    cluster.fail_over()

    assert ours.read()["codex"] == token(value="rotated")
    assert cluster.place.open().entry("codex") == token(value="rotated")  # a new process of the host
    ours.update(put("claude", token("claude", "new")))

    assert theirs.read()["codex"] == token(value="rotated")
    assert cluster.place.on_another_host("new").open().read()["codex"] == token(value="rotated")


def test_rotations_that_were_written_without_reading_are_kept(cluster: Cluster, run: Callable[..., str]) -> None:
    """The process has read nothing, and does not know what it replaces; it waits for its journal when it ends."""
    run(ROTATE_BOTH, cluster.place.argument())
    cluster.fail_over()

    assert cluster.place.open().read()["claude"] == token("claude", "rotated")
    assert cluster.place.open().read()["codex"] == token(value="rotated")


def test_several_rotations_that_were_undone_end_with_the_last(cluster: Cluster, run: Callable[..., str]) -> None:
    """Each was made by a process that has ended."""
    for number in range(3):
        run(ROTATE, cluster.place.argument(), f"rotated{number}")
    cluster.fail_over()

    ours = cluster.place.open()
    assert ours.read()["codex"] == token(value="rotated2")
    ours.update(put("claude", token("claude", "new")))
    assert cluster.place.on_another_host().open().read()["codex"] == token(value="rotated2")


def test_a_login_after_the_failover_wins_over_the_journal(cluster: Cluster) -> None:
    ours, theirs = cluster.place.open(max_staleness=0.0), cluster.place.on_another_host().open()
    ours.update(put("codex", token(value="rotated")))
    cluster.fail_over()

    theirs.update(put("codex", token(value="person")))

    assert ours.read()["codex"] == token(value="person")
    ours.update(put("claude", token("claude", "new")))
    assert theirs.read()["codex"] == token(value="person")


def test_a_logout_after_the_failover_wins_over_the_journal(cluster: Cluster) -> None:
    ours, theirs = cluster.place.open(max_staleness=0.0), cluster.place.on_another_host().open()
    ours.update(put("codex", token(value="rotated")))
    cluster.fail_over()

    theirs.update(lambda draft: draft.pop("codex"))

    assert "codex" not in ours.read()
    ours.update(put("claude", token("claude", "new")))
    assert "codex" not in theirs.read()


def test_rotations_of_two_hosts_that_were_undone_end_with_the_last(cluster: Cluster) -> None:
    """The second host keeps only its own rotation, and the first one the login between."""
    first, second = cluster.place.open(max_staleness=0.0), cluster.place.on_another_host().open(max_staleness=0.0)
    first.update(put("codex", token(value="first")))
    second.read()
    second.update(put("codex", token(value="second")))
    cluster.fail_over()

    first.update(put("claude", token("claude", "new")))
    second.update(put("claude", token("claude", "newer")))

    for store in (first, second, cluster.place.on_another_host("new").open()):
        assert store.read()["codex"] == token(value="second")


def test_a_version_that_was_undone_is_not_taken_for_a_new_one(cluster: Cluster) -> None:
    """After the failover the version counts the same numbers again, for other commits."""
    ours, theirs = cluster.place.open(max_staleness=0.0), cluster.place.on_another_host().open(max_staleness=0.0)
    ours.update(put("kimi", token("kimi", "undone")))
    assert theirs.read()["kimi"] == token("kimi", "undone")
    before = theirs.version()
    cluster.fail_over()

    assert "kimi" not in theirs.read()
    ours.update(put("kimi", token("kimi", "after")))

    assert theirs.read()["kimi"] == token("kimi", "after")
    assert theirs.version() != before


def test_a_process_reads_its_own_commit_after_a_failover(cluster: Cluster) -> None:
    """The database counts from a lower number again."""
    ours = cluster.place.open(max_staleness=3600.0)
    for number in range(5):
        ours.update(put("kimi", token("kimi", f"undone{number}")))
    ours.read()
    cluster.fail_over()
    attempt(lambda: ours.update(put("kimi", token("kimi", "lost connection"))))

    ours.update(put("kimi", token("kimi", "after")))

    assert ours.read()["kimi"] == token("kimi", "after")
    assert ours.entry("kimi") == token("kimi", "after")


def test_a_lease_that_was_undone_lets_nobody_post(cluster: Cluster) -> None:
    """Another host may have taken it meanwhile; the old holder has lost it."""
    ours = cluster.place.open().lease("codex")
    assert ours.try_acquire()
    cluster.fail_over()
    theirs = cluster.place.on_another_host().open().lease("codex")
    assert theirs.try_acquire()

    assert not ours.mark_posted(1.0)
    assert theirs.mark_posted(1.0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_url_with_two_hosts_finds_the_primary(
    order: tuple[int, int], postgres_servers: Servers, own_place: Place
) -> None:
    standby = postgres_servers.make_standby(own_place.server).start()
    folders = [own_place.server.folder, standby.folder]
    hosts = ",".join(str(folders[number]) for number in order)
    place = own_place.at(own_place.server.url(ROWS, host=hosts, target_session_attrs="read-write"))

    store = place.open()
    store.update(put("codex", token()))
    assert store.read()["codex"] == token()

    own_place.server.kill()
    standby.execute("SELECT pg_promote()")
    attempt(lambda: store.update(put("codex", token(value="lost connection"))))
    store.update(put("codex", token(value="after")))
    assert place.open().read()["codex"] == token(value="after")
    standby.remove()
    own_place.server.start()
