"""Two hosts with a network between them: the connection is verified, and a pulled cable ends nothing badly."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from openab_auth.storage.errors import StoreNotVerifiedError
from tests.storage.entries import put, token, token_in
from tests.storage.postgres.hosts.conversations import LISTENER, ask, send
from tests.storage.postgres.places import OPEN, Place
from tests.storage.processes import line_of
from tests.support.patience import PATIENCE
from tests.support.postgres.certificates import make_certificates
from tests.support.postgres.hosts import Host, make_hosts
from tests.support.postgres.pattern import Servers
from tests.support.postgres.server import DATABASE, PASSWORD, ROWS

LIMIT = 5.0  # seconds, after which the server ends a transaction that stands still
SLACK = 6.0
NAME = "db.example"
STORED = OPEN + "print(opened(sys.argv[1]).read()['codex'].access_token.reveal())"


@dataclass
class Network:
    """A database on the first host, and two others."""

    place: Place
    hosts: list[Host]
    authority: Path

    def seen(self, **parameters: str) -> Place:
        """Return the place as the other hosts see it; the password is in a file."""
        settings = {"host": NAME, "hostaddr": self.hosts[0].address, "sslmode": "verify-full"}
        settings |= {"sslrootcert": str(self.authority)} | parameters
        query = "&".join(f"{name}={value}" for name, value in settings.items() if value)
        return self.place.at(f"postgresql://{ROWS}@/{DATABASE}?{query}")


@pytest.fixture
def network(
    postgres_servers: Servers, schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Network]:
    hosts = make_hosts(postgres_servers.ground, 3)
    certificates = make_certificates(postgres_servers.ground, NAME)
    server = postgres_servers.make()
    server.prefix = hosts[0].enter_as_server
    server.start(listen_addresses=hosts[0].address, **certificates.settings)
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:*:{ROWS}:{PASSWORD}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    place = Place.made(server, schema, tmp_path / "journal")
    place.open().update(put("codex", token(expires_at=0)))
    yield Network(place, hosts, certificates.authority)
    server.remove()


def run_on(host: Host, place: Place) -> str:
    """Return the stored access token as a process on this host reads it, or what it said."""
    command = [*host.enter, sys.executable, "-c", STORED, place.argument()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.stdout.strip() or done.stderr


def test_a_host_reads_over_a_verified_connection(network: Network) -> None:
    assert run_on(network.hosts[1], network.seen()) == "at"
    assert "FATAL" not in network.place.server.log


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"sslrootcert": "/nonexistent"}, "root certificate"),
        ({"host": "other.example"}, "does not match host name"),
        ({"passfile": "/nonexistent"}, "no password supplied"),
    ],
)
def test_a_server_that_cannot_be_verified_gets_no_password(
    parameters: dict[str, str], said: str, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "passfile" in parameters:
        monkeypatch.delenv("PGPASSFILE")

    failed = run_on(network.hosts[1], network.seen(**parameters))

    assert said in failed
    assert "StoreUnreadableError" in failed
    assert PASSWORD not in failed


@pytest.mark.parametrize("mode", ["", "disable", "require", "verify-ca"])
def test_a_remote_host_without_verification_is_refused_before_a_connection(mode: str, network: Network) -> None:
    with pytest.raises(StoreNotVerifiedError):
        network.seen(sslmode=mode).open()


def test_two_hosts_lose_no_update(network: Network) -> None:
    code = """
from dataclasses import replace
store = opened(sys.argv[1])
def count(draft):
    draft["codex"] = replace(draft["codex"], expires_at=draft["codex"].expires_at + 1)
for _ in range(20):
    store.update(count)
"""
    processes = [host.start(OPEN + code, network.seen().argument()) for host in network.hosts[1:]]
    for process in processes:
        assert process.wait(PATIENCE) == 0
        process.communicate()

    assert token_in(network.place.open().read()).expires_at == 40


def test_a_host_that_is_cut_off_in_its_commit_blocks_others_for_seconds(network: Network) -> None:
    """The server hears nothing more of it, not even that it is gone."""
    cut_off = network.hosts[1].start(LISTENER, network.seen().argument())
    inside = "store.update(lambda draft: (print('inside', flush=True), sys.stdin.readline(), draft.pop('codex')))"
    send(cut_off, inside)
    assert line_of(cut_off) == "inside\n"
    network.hosts[1].unplug()
    begun = time.monotonic()

    other = network.hosts[2].start(LISTENER, network.seen().argument())
    while ask(other, "store.update(put('claude', token('claude')))") != "'claude'":
        assert time.monotonic() - begun < LIMIT + SLACK

    send(cut_off, "")
    assert line_of(cut_off).strip() in {"CommitUnknownError", "StoreUnwritableError"}
    network.hosts[1].plug()
    assert ask(cut_off, "sorted(store.read())") == "['claude', 'codex']"
    for process in (cut_off, other):
        process.communicate(timeout=PATIENCE)


def test_a_host_that_is_cut_off_holds_its_lease_until_it_ends(network: Network) -> None:
    holder = network.hosts[1].start(LISTENER, network.seen().argument())
    assert ask(holder, "lease.try_acquire()") == "True"
    network.hosts[1].unplug()

    assert ask(holder, "lease.mark_posted(1.0)") == "StoreUnwritableError"
    other = network.hosts[2].start(LISTENER, network.place.on_another_host().at(network.seen().url()).argument())
    assert ask(other, "lease.try_acquire()") == "False"
    network.place.pass_time(30)
    assert ask(other, "lease.try_acquire()") == "True"

    network.hosts[1].plug()
    assert ask(holder, "lease.mark_posted(1.0)") == "False"
    for process in (holder, other):
        process.communicate(timeout=PATIENCE)
