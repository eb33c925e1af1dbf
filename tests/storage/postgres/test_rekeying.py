"""`store rekey`: every row under the first key, in batches that can be interrupted, and nothing lost."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest

from openab_auth.storage.errors import NoStoreKeysError, UnknownStoreKeyError, WrongStoreKeyError
from openab_auth.storage.options import StoreOptions
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.sealed.cipher import Cipher, verify_key_check
from openab_auth.storage.postgres.sealed.keys import StoreKeys, new_key
from openab_auth.storage.postgres.upkeep.making import make_store
from openab_auth.storage.postgres.upkeep.rekeying import Rekeyed, Rekeying
from openab_auth.storage.secret import Secret
from tests.support.postgres.server import Server

OLD, NEW = new_key(), new_key()
BOTH = StoreKeys({"new": NEW, "old": OLD})
INSERT_ENTRY = "INSERT INTO {}.entries (key, kind, entry, key_id, generation) VALUES (%s, 'token', %s, %s, %s)"
INSERT_RECORD = "INSERT INTO {}.records (kind, key, record, key_id) VALUES (%s, %s, %s, %s)"


class Store:
    """A store with rows of its own, without the classes that read and write logins."""

    def __init__(self, server: Server, keys: StoreKeys | None) -> None:
        self.server, self.schema = server, f"s{uuid4().hex}"
        self.id = make_store(self.settings(keys)).store_id

    def settings(self, keys: StoreKeys | None, *, plaintext: bool = False) -> PostgresSettings:
        options = StoreOptions(self.schema, plaintext=plaintext or keys is None)
        return PostgresSettings(Secret(self.server.url()), options, keys)

    def fill(self, keys: StoreKeys | None, rows: int = 250) -> None:
        cipher = Cipher(self.id, keys)
        entries = [
            (f"e{n}", *cipher.seal("entries", "token", f"e{n}", f"entry {n}".encode()), UUID(int=n))
            for n in range(rows)
        ]
        records = [(kind, "r", *cipher.seal("records", kind, "r", kind.encode())) for kind in ("notes", "facts")]
        with psycopg.connect(self.server.url()) as connection, connection.cursor() as cursor:
            cursor.executemany(INSERT_ENTRY.format(self.schema).encode(), entries)
            cursor.executemany(INSERT_RECORD.format(self.schema).encode(), records)

    def keys_of_rows(self) -> set[str]:
        both = f"SELECT key_id FROM {self.schema}.entries UNION SELECT key_id FROM {self.schema}.records"
        return {key_id for (key_id,) in self.server.execute(both)}

    def texts(self, keys: StoreKeys) -> dict[str, bytes]:
        cipher = Cipher(self.id, keys)
        entries = self.server.execute(f"SELECT key, kind, entry, key_id FROM {self.schema}.entries")
        records = self.server.execute(f"SELECT key, kind, record, key_id FROM {self.schema}.records")
        opened = {key: cipher.open("entries", kind, key, sealed, key_id) for key, kind, sealed, key_id in entries}
        return opened | {kind: cipher.open("records", kind, key, data, key_id) for key, kind, data, key_id in records}

    def key_check(self) -> bytes:
        [(check,)] = self.server.execute(f"SELECT key_check FROM {self.schema}.store")
        return bytes(check)


@pytest.fixture
def store(postgres: Server) -> Store:
    store = Store(postgres, StoreKeys({"old": OLD}))
    store.fill(StoreKeys({"old": OLD}))
    return store


def test_every_row_gets_the_first_key_and_keeps_text_and_generation(store: Store) -> None:
    before = store.texts(BOTH)
    generations = store.server.execute(f"SELECT key, generation FROM {store.schema}.entries ORDER BY key")

    assert Rekeying(store.settings(BOTH)).run() == Rekeyed(252)

    assert store.keys_of_rows() == {"new"}
    assert store.texts(StoreKeys({"new": NEW})) == before
    assert store.server.execute(f"SELECT key, generation FROM {store.schema}.entries ORDER BY key") == generations


def test_the_old_key_can_be_removed_afterwards(store: Store) -> None:
    Rekeying(store.settings(BOTH)).run()

    verify_key_check(store.key_check(), Cipher(store.id, StoreKeys({"new": NEW})))
    with pytest.raises(UnknownStoreKeyError, match="'new'"):
        verify_key_check(store.key_check(), Cipher(store.id, StoreKeys({"old": OLD})))


def test_an_interrupted_run_is_continued(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Rekeying(store.settings(BOTH), batch=20)
    batches: list[object] = []
    encrypt = run._encrypt_batch

    def interrupted(*args: object) -> object:
        if len(batches) == 3:
            raise KeyboardInterrupt
        batches.append(args)
        return encrypt(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "_encrypt_batch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.run()

    assert store.keys_of_rows() == {"old", "new"}
    assert len(store.texts(BOTH)) == 252  # bots with both keys read every row meanwhile
    assert Rekeying(store.settings(BOTH)).run() == Rekeyed(192)
    assert store.keys_of_rows() == {"new"}
    assert Rekeying(store.settings(BOTH)).run() == Rekeyed(0)


def test_a_missing_key_is_named_before_anything_is_written(store: Store) -> None:
    before = store.server.execute(f"SELECT entry, key_id FROM {store.schema}.entries ORDER BY key")
    check = store.key_check()

    with pytest.raises(UnknownStoreKeyError, match="'old'"):
        Rekeying(store.settings(StoreKeys({"new": NEW}))).run()
    with pytest.raises(WrongStoreKeyError, match="'old'"):
        Rekeying(store.settings(StoreKeys({"new": NEW, "old": NEW}))).run()

    assert store.server.execute(f"SELECT entry, key_id FROM {store.schema}.entries ORDER BY key") == before
    assert store.key_check() == check


def test_a_damaged_row_is_named_and_the_others_are_encrypted(store: Store) -> None:
    store.server.execute(f"UPDATE {store.schema}.entries SET entry = 'x' WHERE key = 'e7'")

    done = Rekeying(store.settings(BOTH)).run()

    assert (done.rows, done.other_keys) == (251, {"old": 1})
    assert ["'e7'" in one for one in done.damaged] == [True]
    verify_key_check(store.key_check(), Cipher(store.id, StoreKeys({"old": OLD})))


def test_rows_without_encryption_are_encrypted(postgres: Server) -> None:
    store = Store(postgres, None)
    store.fill(None, rows=3)

    assert Rekeying(store.settings(BOTH, plaintext=True)).run() == Rekeyed(5)

    assert store.keys_of_rows() == {"new"}
    assert store.texts(BOTH)["e0"] == b"entry 0"
    verify_key_check(store.key_check(), Cipher(store.id, BOTH))


def test_without_keys_there_is_nothing_to_encrypt_with(store: Store) -> None:
    with pytest.raises(NoStoreKeysError):
        Rekeying(store.settings(None)).run()
