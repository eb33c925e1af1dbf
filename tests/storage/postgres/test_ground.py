"""The ground that the store's tests stand on: real servers, and faults that really happen."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from tests.storage.processes import ROOT, Start, line_of
from tests.support.patience import PATIENCE
from tests.support.postgres.certificates import make_certificates
from tests.support.postgres.hosts import make_hosts
from tests.support.postgres.pattern import Servers
from tests.support.postgres.proxy import Proxy, When
from tests.support.postgres.reaper import processes_in
from tests.support.postgres.server import PASSWORD, Server

MUCH = "CREATE TABLE much AS SELECT n, repeat('x', 1000) FROM generate_series(1, 5000) n"
STARTS_AND_STOPS_A_SERVER = """
from tests.support.postgres.pattern import Servers
with Servers.on_new_ground() as servers:
    server = servers.make().start()
    with server.frozen():
        print(servers.ground.folder, flush=True)
        input()
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table in a schema of its own, which belongs to the owner."""

    server: Server
    schema: str

    def run(self, statement: LiteralString, url: str) -> int:
        """Run a statement in a transaction, `{}` is the table, and return how many rows there were."""
        with psycopg.connect(url) as connection:
            named = sql.SQL(statement).format(sql.Identifier(self.schema, "t"))
            return connection.execute(named).rowcount

    def insert(self, url: str) -> None:
        self.run("INSERT INTO {} VALUES (1)", url)

    def count(self) -> int:
        return self.run("SELECT n FROM {}", self.server.url())


@pytest.fixture
def table(postgres: Server, schema: str) -> Table:
    postgres.execute(f"CREATE SCHEMA {schema} AUTHORIZATION owner")
    table = Table(postgres, schema)
    table.run("CREATE TABLE {} (n int)", postgres.url())
    return table


def test_a_killed_pytest_leaves_no_server_and_no_folder(start: Start, postgres_servers: Servers) -> None:
    """Not even a server that is stopped."""
    process = start(STARTS_AND_STOPS_A_SERVER)
    folder = Path(line_of(process).strip())
    assert processes_in(folder)

    process.kill()

    gone = threading.Event()
    for _ in range(int(PATIENCE * 100)):
        if not folder.exists():
            break
        gone.wait(0.01)
    assert not folder.exists()
    assert not processes_in(folder)


def test_a_killed_server_starts_again_with_what_was_committed(server: Server) -> None:
    server.stop()
    server.start(fsync="on", synchronous_commit="on", full_page_writes="on")
    server.execute("CREATE TABLE kept (n int)")

    server.kill()
    with pytest.raises(psycopg.OperationalError):
        server.execute("SELECT 1")
    server.start()

    assert server.execute("SELECT count(*) FROM kept") == [(0,)]


def test_a_server_can_be_read_only_full_or_frozen(server: Server) -> None:
    with (
        server.configured(default_transaction_read_only="on"),
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        server.execute("CREATE TABLE refused (n int)")
    with server.full(), pytest.raises(psycopg.OperationalError, match="connection slots"):
        psycopg.connect(server.url())
    with server.frozen(), pytest.raises(psycopg.errors.ConnectionTimeout):
        psycopg.connect(server.url(connect_timeout="2"))

    server.execute("CREATE TABLE taken (n int)")


def test_a_standby_answers_and_refuses_writes_or_answers_nobody(postgres_servers: Servers, server: Server) -> None:
    standby = postgres_servers.make_standby(server).start()
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        standby.execute("CREATE TABLE refused (n int)")

    standby.stop()
    standby.start(hot_standby="off")

    with pytest.raises(psycopg.OperationalError, match="not accepting connections"):
        standby.execute("SELECT 1")


def test_a_role_can_have_rights_on_rows_alone(postgres: Server, table: Table) -> None:
    postgres.let_change_rows(table.schema)

    table.insert(postgres.url("rows"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        table.run("DROP TABLE {}", postgres.url("rows"))


def test_a_full_disk_refuses_rows_and_takes_them_later(postgres_servers: Servers) -> None:
    server = postgres_servers.make_on_small_disk("base").start()
    with server.disk_full(), pytest.raises(psycopg.errors.DiskFull):
        server.execute(MUCH)

    server.execute(MUCH)


def test_a_full_disk_of_the_journal_ends_the_server(postgres_servers: Servers) -> None:
    server = postgres_servers.make_on_small_disk("pg_wal").start()
    with server.disk_full():
        with pytest.raises(psycopg.OperationalError):
            server.execute(MUCH)
        server.kill()

    server.start()
    server.execute(MUCH)


@pytest.mark.parametrize(("when", "committed"), [("before", 0), ("after", 1)])
def test_a_proxy_loses_the_connection_around_a_commit(
    when: When, committed: int, postgres: Server, proxy: Proxy, table: Table
) -> None:
    reached = proxy.cut(b"COMMIT", when)

    with pytest.raises(psycopg.OperationalError):
        table.insert(postgres.url(host=proxy.folder))

    assert reached.is_set()
    assert table.count() == committed
    table.insert(postgres.url(host=proxy.folder))  # the next connection is whole
    assert table.count() == committed + 1


@pytest.mark.parametrize(("when", "seen"), [("before", 0), ("after", 1)])
def test_a_proxy_holds_a_statement_or_its_answer(
    when: When, seen: int, postgres: Server, proxy: Proxy, table: Table
) -> None:
    reached = proxy.hold(b"COMMIT", when)
    inserting = threading.Thread(target=table.insert, args=(postgres.url(host=proxy.folder),))

    inserting.start()
    assert reached.wait(PATIENCE)
    assert table.count() == seen
    assert inserting.is_alive()
    proxy.release()
    inserting.join(PATIENCE)

    assert table.count() == 1


def test_pgbouncer_gives_a_client_another_session(postgres: Server, pgbouncer: Path) -> None:
    """So a test through it notices what depends on a session, such as a prepared statement."""
    with psycopg.connect(postgres.url(host=pgbouncer), autocommit=True, prepare_threshold=None) as connection:
        with psycopg.connect(postgres.url(host=pgbouncer)) as holding:
            holding.execute("SELECT 1")
            connection.execute("PREPARE one AS SELECT 1")
        found = {connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() for _ in range(10)}

    assert found == {(0,), (1,)}
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
        psycopg.connect(postgres.url(host=pgbouncer, options="-c statement_timeout=5s"))


def test_hosts_reach_a_server_with_tls_until_the_cable_is_pulled(postgres_servers: Servers) -> None:
    here, there = make_hosts(postgres_servers.ground, 2)
    certificates = make_certificates(postgres_servers.ground, here.address)
    server = postgres_servers.make()
    server.prefix = here.enter_as_server
    server.start(listen_addresses=here.address, **certificates.settings)
    url = f"postgresql://owner:{PASSWORD}@{here.address}/auth?sslmode=verify-full&connect_timeout=2"

    code = "import psycopg, sys; print(psycopg.connect(sys.argv[1]).pgconn.ssl_in_use)"
    words = [*there.enter, sys.executable, "-c", code]
    trusted, plain = f"{url}&sslrootcert={certificates.authority}", url.replace("verify-full", "disable")
    assert run([*words, trusted]) == "True\n"
    assert "root certificate" in run([*words, url])
    assert "no pg_hba.conf entry" in run([*words, plain])
    there.unplug()
    assert "timeout" in run([*words, trusted])
    there.plug()
    assert run([*words, trusted]) == "True\n"


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=ROOT)
    return done.stdout or done.stderr
