"""A key that was removed from the settings: the journal of a host may have files that it encrypted."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.storage.errors import UnknownStoreKeyError
from openab_auth.storage.options import StoreOptions
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.sealed.keys import StoreKeys, new_key
from openab_auth.storage.postgres.upkeep.making import make_store
from openab_auth.storage.postgres.upkeep.rekeying import Rekeying
from openab_auth.storage.secret import Secret
from tests.storage.entries import put, token
from tests.support.postgres.server import Server

OLD, NEW = new_key(), new_key()


class Place:
    """One host with a store, opened with any keys."""

    def __init__(self, server: Server, schema: str, journal: Path) -> None:
        self._url, self._schema, self._journal = server.url(), schema, journal

    def settings(self, **keys: Secret) -> PostgresSettings:
        options = StoreOptions(self._schema, journal=str(self._journal), max_staleness=0.0)
        return PostgresSettings(Secret(self._url), options, StoreKeys(keys))

    def open(self, **keys: Secret) -> PostgresStore:
        return PostgresStore(self.settings(**keys))


@pytest.fixture
def place(postgres: Server, schema: str, tmp_path: Path) -> Place:
    place = Place(postgres, schema, tmp_path / "journal")
    make_store(place.settings(old=OLD))
    return place


def rotate(store: PostgresStore) -> None:
    """Renew a login, which leaves the rotation in the journal of this host."""
    for value in ("first", "second"):
        store.update(put("codex", token(value=value)))
    store._afterwards.finish()


def test_a_rotation_of_a_removed_key_is_left_out(place: Place, tmp_path: Path) -> None:
    """The contract lets an operator remove the old key as soon as `rekey` is done."""
    rotate(place.open(old=OLD))
    assert list((tmp_path / "journal/rotations").iterdir())
    Rekeying(place.settings(new=NEW, old=OLD)).run()

    store = place.open(new=NEW)

    assert store.read()["codex"] == token(value="second")
    store.update(put("codex", token(value="third")))
    assert store.read()["codex"] == token(value="third")


def test_a_spill_of_a_removed_key_is_never_passed_over(place: Place) -> None:
    """It is the only copy of that login; without it, a used refresh token would be posted."""
    store = place.open(old=OLD)
    store.update(put("codex", token(value="first")))
    assert store.spill("codex", token(value="second"), token(value="first"))
    Rekeying(place.settings(new=NEW, old=OLD)).run()

    with pytest.raises(UnknownStoreKeyError, match="'old'"):
        place.open(new=NEW).read()

    assert place.open(new=NEW, old=OLD).read()["codex"] == token(value="second")
