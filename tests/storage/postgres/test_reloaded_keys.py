"""Keys that are read again while the store is open: a reload uses them as a whole, or leaves the earlier ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.storage.errors import NoStoreKeysError, StoreKeyError, UnknownStoreKeyError, WrongStoreKeyError
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
FILES = ("new", "old")


class Host:
    """One host with its keys in files, and an open store."""

    def __init__(self, server: Server, schema: str, folder: Path) -> None:
        self.folder = folder
        self._server, self._schema = server, schema
        for name, key in zip(FILES, (NEW, OLD), strict=True):
            self.write(name, key)
        make_store(self.settings(old=OLD))
        self.store = PostgresStore(self.settings(old=OLD))
        self.store.update(put("codex", token(value="first")))

    def settings(self, **keys: Secret) -> PostgresSettings:
        options = StoreOptions(self._schema, journal=str(self.folder / "journal"), max_staleness=0.0)
        return PostgresSettings(Secret(self._server.url()), options, StoreKeys(keys))

    def write(self, name: str, key: Secret) -> None:
        file = self.folder / name
        file.write_text(f"{key.reveal()}\n")
        file.chmod(0o400)

    def reload(self, *names: str) -> None:
        self.store.prepare_keys([f"{name}=file:{self.folder / name}" for name in names], {})()

    def key_ids(self) -> set[str]:
        return {key_id for (key_id,) in self._server.execute(f"SELECT key_id FROM {self._schema}.entries")}


@pytest.fixture
def host(postgres: Server, schema: str, tmp_path: Path) -> Host:
    return Host(postgres, schema, tmp_path)


def test_a_key_is_replaced_without_a_restart(host: Host) -> None:
    """The steps of docs/how-to/several-hosts.md, with a reload in place of each restart."""
    host.reload("old", "new")
    host.reload("new", "old")
    host.store.update(put("kimi", token(value="second")))
    assert host.key_ids() == {"new", "old"}
    Rekeying(host.store.settings).run()
    host.store._afterwards.finish()

    host.reload("new")

    assert host.store.read()["codex"] == token(value="first")
    host.store.update(put("codex", token(value="third")))
    assert host.store.read()["codex"] == token(value="third")
    assert host.key_ids() == {"new"}


@pytest.mark.parametrize(
    ("names", "error"),
    [(("new",), UnknownStoreKeyError), (("missing", "old"), StoreKeyError), ((), NoStoreKeysError)],
    ids=["the needed key is left out", "a file is missing", "no keys"],
)
def test_keys_that_do_not_fit_leave_the_earlier_ones(
    names: tuple[str, ...], error: type[Exception], host: Host
) -> None:
    with pytest.raises(error):
        host.reload(*names)

    host.store.update(put("codex", token(value="second")))
    assert host.store.read()["codex"] == token(value="second")


def test_a_key_with_another_value_leaves_the_earlier_one(host: Host) -> None:
    (host.folder / "old").chmod(0o600)
    host.write("old", new_key())

    with pytest.raises(WrongStoreKeyError):
        host.reload("old")

    assert host.store.read()["codex"] == token(value="first")


def test_a_key_that_the_journal_needs_is_not_dropped(host: Host) -> None:
    """The journal holds the only copy of that login."""
    assert host.store.spill("codex", token(value="second"), token(value="first"))
    Rekeying(host.settings(new=NEW, old=OLD)).run()
    host.reload("new", "old")

    with pytest.raises(UnknownStoreKeyError, match="'old'"):
        host.reload("new")

    assert host.store.read()["codex"] == token(value="second")
