"""Connections of a store: few, each use under a deadline, none held longer than it is used."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from openab_auth.storage import Secret
from openab_auth.storage.postgres.wire.connections import IDLE, MOST, Connections
from tests.support.patience import PATIENCE
from tests.support.postgres.pattern import Servers
from tests.support.postgres.proxy import Proxy
from tests.support.postgres.server import ROWS, Server

NAME = "openab-auth"
SHORT = 2.0  # seconds
SLACK = 1.5  # seconds; on a machine that others share


@pytest.fixture
def connections(postgres: Server) -> Iterator[Connections]:
    connections = Connections(Secret(postgres.url(ROWS)))
    yield connections
    connections.close()


def pid_of(connections: Connections) -> int:
    with connections.use(PATIENCE) as connection:
        return connection.info.backend_pid


def seconds_until_error(connections: Connections, seconds: float = SHORT) -> float:
    """Return after how many seconds a use fails."""
    before = time.monotonic()
    with pytest.raises(psycopg.OperationalError), connections.use(seconds) as connection:
        connection.execute("SELECT 1")
    return time.monotonic() - before


def test_a_use_of_a_frozen_server_ends_within_its_deadline(server: Server) -> None:
    warm, cold = Connections(Secret(server.url(ROWS))), Connections(Secret(server.url(ROWS)))
    pid_of(warm)

    with server.frozen():
        assert seconds_until_error(warm) < SHORT + SLACK
        assert seconds_until_error(cold) < SHORT + SLACK

    pid_of(warm)
    pid_of(cold)
    warm.close()
    cold.close()


def test_several_hosts_that_do_not_answer_share_the_deadline(postgres_servers: Servers, server: Server) -> None:
    """A URL may name every node of a cluster."""
    others = [postgres_servers.make().start() for _ in range(2)]
    url = server.url(ROWS, host=",".join(str(one.folder) for one in [server, *others]))

    with server.frozen(), others[0].frozen(), others[1].frozen():
        assert seconds_until_error(Connections(Secret(url))) < SHORT + SLACK


def test_threads_that_wait_for_a_connection_end_within_their_deadline(proxy: Proxy, postgres: Server) -> None:
    connections = Connections(Secret(postgres.url(ROWS, host=proxy.folder)))
    took: list[float] = []

    with proxy.silent():
        threads = [threading.Thread(target=lambda: took.append(seconds_until_error(connections))) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)

    assert len(took) == len(threads)
    assert max(took) < SHORT + SLACK
    assert pid_of(connections)


def test_a_late_answer_is_not_taken_for_the_next_one(proxy: Proxy, postgres: Server) -> None:
    connections = Connections(Secret(postgres.url(ROWS, host=proxy.folder)))
    with connections.use(PATIENCE) as connection:
        connection.execute("SELECT 1")
    reached = proxy.hold(b"SELECT 'late'", "after")
    with pytest.raises(psycopg.OperationalError), connections.use(SHORT) as connection:
        connection.execute("SELECT 'late'")
    assert reached.is_set()
    proxy.release()

    with connections.use(PATIENCE) as connection:
        assert connection.execute("SELECT 'next'").fetchone() == ("next",)


def test_a_connection_that_the_server_closed_is_replaced(postgres: Server, connections: Connections) -> None:
    first = pid_of(connections)
    assert pid_of(connections) == first
    postgres.execute("SELECT pg_terminate_backend(%s, 10000)", first)

    assert pid_of(connections) != first


def test_a_transaction_that_was_left_open_is_given_to_nobody(postgres: Server, connections: Connections) -> None:
    with connections.use(PATIENCE) as connection:
        connection.execute("BEGIN")
        left = connection.info.backend_pid

    assert pid_of(connections) != left
    left = pid_of(connections)
    left = pid_of(connections)
    with pytest.raises(LookupError), connections.use(PATIENCE):
        raise LookupError
    assert pid_of(connections) != left


def test_no_more_than_a_few_connections_are_open_and_none_after_a_while(server: Server) -> None:
    connections = Connections(Secret(server.url(ROWS)))
    barrier = threading.Barrier(MOST)

    def work() -> None:
        for _ in range(3):
            with connections.use(PATIENCE) as connection:
                barrier.wait(PATIENCE)
                connection.execute("SELECT 1")

    threads = [threading.Thread(target=work) for _ in range(MOST)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert server.connections() == [(NAME, "idle")] * MOST
    until = time.monotonic() + IDLE + SLACK
    while server.connections():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_forked_child_uses_no_connection_of_its_parent(connections: Connections, tmp_path: Path) -> None:
    parents = pid_of(connections)
    child = os.fork()
    if child == 0:
        try:
            (tmp_path / "pid").write_text(str(pid_of(connections)))
        finally:
            os._exit(0)
    os.waitpid(child, 0)

    assert int((tmp_path / "pid").read_text()) != parents
    assert pid_of(connections) == parents


def test_no_statement_is_prepared_on_the_server(proxy: Proxy, postgres: Server) -> None:
    """A pooler in transaction mode gives the next transaction another server."""
    connections = Connections(Secret(postgres.url(ROWS, host=proxy.folder)))
    with connections.use(PATIENCE) as connection:
        for number in range(20):
            connection.execute("SELECT %s::int", [number])
    connections.close()

    assert not [sent for sent in proxy.statements if sent[:1] == b"P" and sent[5:6] != b"\0"]
