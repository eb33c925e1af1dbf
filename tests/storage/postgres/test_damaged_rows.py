"""Somebody changes rows, or the key is not the right one: it is a named problem, and never asks people for a login."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openab_auth.storage import StorageError, Store, StoreLocation, StoreOptions
from openab_auth.storage.errors import UnknownStoreKeyError, WrongStoreKeyError
from openab_auth.storage.postgres.opening import check_settings
from openab_auth.storage.postgres.sealed.keys import new_key
from openab_auth.storage.postgres.upkeep.rekeying import Rekeying
from tests.storage.entries import put, token
from tests.storage.postgres.away.outages import attempt
from tests.storage.postgres.places import KEY, Place

DAMAGES = {
    "truncated": "UPDATE {}.entries SET entry = substr(entry, 1, 40) WHERE key = 'codex'",
    "empty": "UPDATE {}.entries SET entry = '' WHERE key = 'codex'",
    "a flipped bit": "UPDATE {}.entries SET entry = set_byte(entry, 20, get_byte(entry, 20) # 1) WHERE key = 'codex'",
    "another kind": "UPDATE {}.entries SET kind = 'pending' WHERE key = 'codex'",
    "another row's text": "UPDATE {}.entries SET entry = (SELECT entry FROM {}.entries WHERE key = 'claude') "
    "WHERE key = 'codex'",
    "not encrypted": "UPDATE {}.entries SET key_id = '', entry = '{\"access_token\": \"theirs\"}' WHERE key = 'codex'",
}
SWAP = (
    "UPDATE {}.entries SET key = 'aside' WHERE key = 'codex'",
    "UPDATE {}.entries SET key = 'codex' WHERE key = 'claude'",
    "UPDATE {}.entries SET key = 'claude' WHERE key = 'aside'",
)


@pytest.fixture
def store(place: Place) -> Store:
    store = place.open()
    store.update_all([put("codex", token()), put("claude", token("claude")), put("kimi", token("kimi"))])
    return place.open()


def damage(place: Place, *statements: str) -> None:
    """Change rows as somebody does who may write to the database, and who knows about versions."""
    for statement in statements:
        place.execute(statement)
    place.execute("UPDATE {}.store SET version = version + 1, version_id = gen_random_uuid()")


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_login_is_named_and_leaves_the_others(statement: str, place: Place, store: Store) -> None:
    damage(place, statement)

    assert list(store.read()) == ["claude", "kimi"]
    assert store.entry("codex") is None
    assert any("codex" in problem.what for problem in store.problems())
    assert not any("claude" in problem.what for problem in store.problems())


def test_swapped_rows_are_both_damaged(place: Place, store: Store) -> None:
    damage(place, *SWAP)

    assert list(store.read()) == ["kimi"]
    named = " ".join(problem.what for problem in store.problems())
    assert "codex" in named
    assert "claude" in named


def test_only_a_new_login_replaces_a_damaged_row(place: Place, store: Store) -> None:
    """A backup of the database may still have it."""
    damage(place, DAMAGES["truncated"])
    before = place.execute("SELECT entry FROM {}.entries WHERE key = 'codex'")

    store.update(put("kimi", token("kimi", "new")))
    store.update(lambda draft: draft.pop("codex", None))
    assert place.execute("SELECT entry FROM {}.entries WHERE key = 'codex'") == before

    store.update(put("codex", token(value="new")))
    assert store.read()["codex"] == token(value="new")
    assert store.problems() == ()


def test_a_row_of_another_store_is_damaged(place: Place, store: Store) -> None:
    """Its table, its name and its key are right, and its store is not."""
    other = Place.made(place.server, f"{place.schema}_b", place.journal.with_name("other"), key=place.key)
    other.open().update(put("codex", token(value="theirs")))

    ((theirs,),) = other.execute("SELECT entry FROM {}.entries WHERE key = 'codex'")
    place.execute("UPDATE {}.entries SET entry = %s WHERE key = 'codex'", theirs)
    damage(place)

    assert "codex" not in store.read()


def test_an_old_row_that_was_put_back_is_not_noticed(place: Place, store: Store) -> None:
    """The documents say so. The host that rotated the login has it in its journal, and puts it right."""
    ((before,),) = place.execute("SELECT entry FROM {}.entries WHERE key = 'codex'")
    store.update(put("codex", token(value="new")))
    place.execute("UPDATE {}.entries SET entry = %s WHERE key = 'codex'", before)

    assert place.on_another_host().open().read()["codex"] == token()
    assert place.open().read()["codex"] == token(value="new")


@pytest.mark.parametrize("call", ["read", "entry", "update", "try_acquire", "check_writable", "records"])
@pytest.mark.parametrize("wrong", ["another key", "another id", "both"])
def test_a_process_with_a_wrong_key_reads_and_writes_nothing(wrong: str, call: str, place: Place, store: Store) -> None:
    before = place.execute("SELECT key, entry, generation FROM {}.entries ORDER BY key")
    other = replace(place, key=new_key().reveal())
    choices: dict[str, tuple[Store, type[StorageError], str]] = {
        "another key": (other.open(), WrongStoreKeyError, "k1"),
        "another id": (place.open(keys=(f"k9=env:{KEY}",)), UnknownStoreKeyError, "k1"),
        "both": (other.open(keys=(f"k9=env:{KEY}",)), UnknownStoreKeyError, "k1"),
    }
    opened, error, named = choices[wrong]
    calls = {
        "read": opened.read,
        "entry": lambda: opened.entry("codex"),
        "records": opened.notes,
        "update": lambda: opened.update(put("codex", token(value="new"))),
        "try_acquire": lambda: opened.lease("codex").try_acquire(),
        "check_writable": opened.check_writable,
    }

    refused = attempt(calls[call])

    assert isinstance(refused, error)
    assert named in str(refused)
    assert place.key not in str(refused)
    assert place.execute("SELECT key, entry, generation FROM {}.entries ORDER BY key") == before
    assert place.execute("SELECT count(*) FROM {}.leases") == [(0,)]


def test_a_row_with_a_lost_key_is_neither_a_missing_login_nor_overwritten(place: Place, store: Store) -> None:
    """Its key may come back; a person who is asked for a login would lose the old one."""
    damage(place, "UPDATE {}.entries SET key_id = 'lost' WHERE key = 'codex'")

    for call in (lambda: place.open().read(), lambda: place.open().entry("codex")):
        refused = attempt(call)
        assert isinstance(refused, UnknownStoreKeyError)
        assert "lost" in str(refused)
    assert isinstance(attempt(lambda: store.update(put("codex", token(value="new")))), StorageError)
    assert place.execute("SELECT key_id FROM {}.entries WHERE key = 'codex'") == [("lost",)]


def test_both_keys_are_read_during_a_rotation(place: Place, store: Store) -> None:
    old, new = place.key, new_key().reveal()
    keys = ("k1=env:OLD", "k2=env:NEW")
    environ = {"OLD": old, "NEW": new}
    both = place.open(environ, keys=keys, max_staleness=0)
    both.read()
    after = place.open(environ, keys=keys[::-1])
    after.update(put("codex", token(value="new")))

    assert place.execute("SELECT key_id FROM {}.entries ORDER BY key") == [("k1",), ("k2",), ("k1",)]
    assert both.read()["codex"] == token(value="new")
    assert dict(after.read()) == dict(both.read())


def test_the_old_key_can_go_after_a_rekeying(place: Place, store: Store) -> None:
    """The journal of a host was written with it, a moment ago."""
    environ = {"OLD": place.key, "NEW": new_key().reveal()}
    store.update(put("codex", token(value="rotated")))
    place.open(environ, keys=("k1=env:OLD", "k2=env:NEW")).read()
    both = ("k2=env:NEW", "k1=env:OLD")
    place.open(environ, keys=both).update(put("claude", token("claude", "rotated")))
    settings, _ = place.settings(keys=both)
    assert Rekeying(check_settings(StoreLocation(place.url(), StoreOptions(**settings)), environ)).run().rows

    after = place.open(environ, keys=("k2=env:NEW",))

    assert after.read()["codex"] == token(value="rotated")
    after.update(put("codex", token(value="next")))
    assert after.lease("codex").try_acquire()
    assert place.on_another_host().open(environ, keys=("k2=env:NEW",)).read()["codex"] == token(value="next")
