"""No secret of a login is readable in the database, its log, a dump of it, or the journal of a host."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from openab_auth.storage import ClientRecord, Draft, Note, PendingEntry, Secret, UserId, pending_key
from tests.storage.entries import NOW, put
from tests.storage.postgres.away.outages import ACCESS, REFRESH, attempt, login
from tests.storage.postgres.places import Place
from tests.support.postgres.pattern import Servers

VERIFIER, STATE, CLIENT = "canary-verifier-5e1d", "canary-state-77b0", "canary-client-c3c3"
CANARIES = [canary.encode() for canary in (ACCESS, REFRESH, VERIFIER, STATE, CLIENT)]


@pytest.fixture
def place(postgres_servers: Servers, schema: str, tmp_path: Path) -> Place:
    """Make a store in a server that logs every statement with its parameters."""
    server = postgres_servers.make().start(
        log_statement="all",
        log_min_duration_statement="0",
        log_parameter_max_length="-1",
        log_parameter_max_length_on_error="-1",
        log_min_error_statement="debug5",
        log_error_verbosity="verbose",
    )
    return Place.made(server, schema, tmp_path / "journal")


def store_everything(draft: Draft) -> None:
    draft["codex"] = login()
    draft.notes["codex"] = Note("ada@example.com", UserId(7), NOW)
    now = int(time.time())  # a pending login that is old, or from the future, is removed
    pending = PendingEntry(Secret(VERIFIER), Secret(STATE), "https://as.example/token", "claude", None, now)
    draft[pending_key("claude", UserId(7))] = pending
    draft.clients["mcp:linear"] = ClientRecord("c1", Secret(CLIENT), NOW + 60, {})


def leaks(data: bytes) -> list[bytes]:
    """Return the canaries in the data; also those that it holds in base64 or in hexadecimal digits."""
    return [canary for canary in CANARIES if canary in data or canary.hex().encode() in data.lower()]


def test_no_secret_is_in_the_files_the_log_or_a_dump(place: Place, tmp_path: Path) -> None:
    store = place.open()
    store.update(store_everything)
    store.update(put("codex", login(value="2")))
    assert store.read()["codex"] == login(value="2")
    store.spill("codex", login(value="3"), login(value="2"))
    store.update(lambda draft: draft["codex"])
    attempt(lambda: store.update(put("codex", login(value="x" * 2**20))))
    with place.server.configured(default_transaction_read_only="on"):
        attempt(lambda: store.update(put("codex", login(value="4"))))

    dump = place.server.dump(place.schema).encode()
    assert b"codex" in dump  # names stay readable
    assert b"codex" in place.server.files()
    assert not leaks(dump)
    assert not leaks(place.server.files())
    assert "duration" in place.server.log
    assert not leaks(place.server.log.encode())
    journal = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not leaks(journal)
    assert place.key.encode() not in dump + journal + place.server.files() + place.server.log.encode()


def test_the_canaries_are_found_where_rows_are_not_encrypted(place: Place) -> None:
    """So the test above can fail."""
    plain = Place.made(place.server, f"{place.schema}_plain", place.journal.with_name("plain"), plaintext=True)
    plain.open().update(store_everything)

    assert leaks(place.server.dump(plain.schema).encode()) == CANARIES
    assert leaks(place.server.files()) == CANARIES
    assert leaks(place.server.log.encode()) == CANARIES
