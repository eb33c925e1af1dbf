"""Servers, databases and roles with other settings than the usual ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.storage import NOTES, Draft, Note
from tests.storage.entries import put, token, token_in
from tests.storage.postgres.places import Place
from tests.support.patience import PATIENCE
from tests.support.postgres.server import OWNER, ROWS, Server

NAMES = ["ü@ø", "a'b", "a\\b", "a%sb", "a;b--", 'a"b', "$1", "{}", "日本", "a\nb", "E'\\x00"]


@pytest.fixture
def spoiled(server: Server, request: pytest.FixtureRequest) -> Server:
    """Give the role of the bots another default for a setting."""
    name, value = request.param
    server.execute(f"ALTER ROLE {ROWS} SET {name} = '{value}'")
    return server


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_a_login_is_kept_as_it_is(name: str, place: Place) -> None:
    store, other = place.open(), place.on_another_host().open()

    def log_in(draft: Draft) -> None:
        draft[name] = token(name)
        draft.notes[name] = Note("ada")

    store.update(log_in)

    assert dict(other.read()) == {name: token(name)}
    assert other.entry(name) == token(name)
    assert other.record(NOTES, name) == Note("ada")
    store.update(put(name, token(name, "new")))
    assert store.spill(name, token(name, "newer"), token(name, "new"))
    assert other.lease(name).try_acquire()
    assert not store.lease(name).try_acquire()
    store.update(lambda draft: draft.pop(name))
    assert dict(place.on_another_host().open().read()) == {}


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_of_another_encoding_keeps_names(encoding: str, server: Server, schema: str, tmp_path: Path) -> None:
    """A cluster that was made without a locale has SQL_ASCII, for which a client gets bytes in place of text."""
    server.execute(f"CREATE DATABASE old OWNER {OWNER} ENCODING '{encoding}' TEMPLATE template0")
    place = Place.made(replace(server, database="old"), schema, tmp_path / "journal")
    store = place.open()
    store.update_all([put("codex", token()), put("ü", token("ü"))])

    assert list(place.on_another_host().open().read()) == ["codex", "ü"]
    assert store.problems() == ()
    assert store.lease("ü").try_acquire()


@pytest.mark.parametrize(
    "spoiled",
    [
        ("default_transaction_isolation", "serializable"),
        ("default_transaction_isolation", "repeatable read"),
        ("default_transaction_deferrable", "on"),
        ("standard_conforming_strings", "off"),
        ("bytea_output", "escape"),
        ("DateStyle", "German"),
        ("TimeZone", "Asia/Kathmandu"),
        ("search_path", "pg_catalog"),
        ("client_encoding", "LATIN1"),
        ("extra_float_digits", "-15"),
        ("row_security", "off"),
    ],
    indirect=True,
    ids=lambda setting: f"{setting[0]}={setting[1]}",
)
def test_a_role_with_other_settings_loses_nothing(spoiled: Server, schema: str, tmp_path: Path) -> None:
    place = Place.made(spoiled, schema, tmp_path / "journal")
    place.open().update(put("codex", token(expires_at=0)))

    def count(draft: Draft) -> None:
        entry = token_in(draft)
        draft["codex"] = replace(entry, expires_at=entry.expires_at + 1)

    def work() -> None:
        store = place.open()
        for number in range(10):
            lease = store.lease(f"codex@{number}ü")
            while not lease.try_acquire():
                pass
            store.update(count)
            store.update(put(f"back\\slash'{number}", token(f"back\\slash'{number}")))
            store.read()
            lease.release()
        store.close()

    with ThreadPoolExecutor(3) as pool:
        for working in [pool.submit(work) for _ in range(3)]:
            working.result(PATIENCE)

    entries = place.open().read()
    assert token_in(entries).expires_at == 30
    assert len(entries) == 11
