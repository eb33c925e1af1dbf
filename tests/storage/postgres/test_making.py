"""`store init`: tables and rights in a real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from openab_auth.storage.errors import (
    StoreSettingsError,
    StoreUnreadableError,
    StoreUnwritableError,
    UnknownStoreKeyError,
    WrongStoreKeyError,
)
from openab_auth.storage.options import StoreOptions
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.sealed.keys import StoreKeys, new_key
from openab_auth.storage.postgres.upkeep import making
from openab_auth.storage.postgres.upkeep.making import Made, make_store
from openab_auth.storage.postgres.upkeep.rekeying import Rekeyed, Rekeying
from openab_auth.storage.postgres.wire.tables import SCHEMA_VERSION
from openab_auth.storage.secret import Secret
from tests.support.postgres.server import ROWS, Server

KEYS = StoreKeys({"a": new_key()})
TABLES = ["commits", "entries", "leases", "records", "store"]


def settings(server: Server, schema: str, keys: StoreKeys | None = KEYS, **url: str) -> PostgresSettings:
    return PostgresSettings(Secret(server.url(**url)), StoreOptions(schema, plaintext=keys is None), keys)


def tables(server: Server, schema: str) -> list[str]:
    found = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", schema)
    return [name for (name,) in found]


def test_it_makes_the_schema_its_tables_and_one_row(postgres: Server, schema: str) -> None:
    made = make_store(settings(postgres, schema))

    assert made.is_new
    assert tables(postgres, schema) == TABLES
    rows = postgres.execute(f"SELECT id, version, schema_version, open FROM {schema}.store")
    assert rows == [(made.store_id, 1, SCHEMA_VERSION, True)]


def test_a_second_run_changes_nothing(postgres: Server, schema: str) -> None:
    made = make_store(settings(postgres, schema))
    before = postgres.execute(f"SELECT * FROM {schema}.store")

    assert make_store(settings(postgres, schema)) == Made(made.store_id, is_new=False)
    assert postgres.execute(f"SELECT * FROM {schema}.store") == before


def test_runs_at_the_same_time_make_one_store(postgres: Server, schema: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: make_store(settings(postgres, schema)), range(4)))

    assert sorted(one.is_new for one in made) == [False, False, False, True]
    assert len({one.store_id for one in made}) == 1


def test_two_schemas_hold_two_stores(postgres: Server, schema: str) -> None:
    stores = {make_store(settings(postgres, name)).store_id for name in (schema, f"{schema}x")}

    assert len(stores) == 2


def test_the_granted_role_may_change_rows_and_no_tables(postgres: Server, schema: str) -> None:
    make_store(settings(postgres, schema), grant=ROWS)

    with psycopg.connect(postgres.url(ROWS), autocommit=True) as connection:
        connection.execute(f"SELECT id FROM {schema}.store FOR UPDATE".encode())
        connection.execute(f"UPDATE {schema}.store SET version = version + 1".encode())
        connection.execute(
            f"INSERT INTO {schema}.entries (key, kind, entry, key_id, generation)"
            " VALUES ('codex', 'token', '', 'a', gen_random_uuid())".encode()
        )
        for table in ("entries", "records", "leases", "commits"):
            connection.execute(f"DELETE FROM {schema}.{table}".encode())
        for statement in (
            f"DROP TABLE {schema}.entries",
            f"ALTER TABLE {schema}.store ADD COLUMN x int",
            f"CREATE TABLE {schema}.other ()",
            f"DELETE FROM {schema}.store",
            f"TRUNCATE {schema}.records",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_rights_can_be_given_later(postgres: Server, schema: str) -> None:
    make_store(settings(postgres, schema))
    make_store(settings(postgres, schema), grant=ROWS)

    with psycopg.connect(postgres.url(ROWS)) as connection:
        connection.execute(f"SELECT * FROM {schema}.entries".encode())


def test_a_role_that_does_not_exist_is_named_and_nothing_is_made(postgres: Server, schema: str) -> None:
    with pytest.raises(StoreSettingsError, match="no role 'nobody; drop'"):
        make_store(settings(postgres, schema), grant="nobody; drop")

    assert tables(postgres, schema) == []


def test_a_role_that_may_not_make_a_schema_is_told_so(postgres: Server, schema: str) -> None:
    with pytest.raises(StoreUnwritableError, match=r"permission denied.*may create one in this database"):
        make_store(settings(postgres, schema, role=ROWS))


def test_a_schema_that_was_made_for_the_owner_is_enough(postgres: Server, schema: str) -> None:
    postgres.execute(f"CREATE SCHEMA {schema} AUTHORIZATION {ROWS}")

    assert make_store(settings(postgres, schema, role=ROWS)).is_new


@pytest.mark.parametrize("name", ["entries", "store"])
def test_tables_of_another_program_are_left_alone(postgres: Server, schema: str, name: str) -> None:
    make_store(settings(postgres, f"{schema}x"))
    postgres.execute(f"CREATE SCHEMA {schema} CREATE TABLE {name} (id int, price int)")
    postgres.execute(f"ALTER SCHEMA {schema} OWNER TO owner")
    postgres.execute(f"ALTER TABLE {schema}.{name} OWNER TO owner")

    with pytest.raises(StoreSettingsError, match=name):
        make_store(settings(postgres, schema))

    assert tables(postgres, schema) == [name]


def test_a_run_with_another_key_is_refused(postgres: Server, schema: str) -> None:
    make_store(settings(postgres, schema))

    with pytest.raises(WrongStoreKeyError):
        make_store(settings(postgres, schema, StoreKeys({"a": new_key()})))
    with pytest.raises(UnknownStoreKeyError):
        make_store(settings(postgres, schema, None))


def test_tables_of_a_newer_program_are_left_alone(postgres: Server, schema: str) -> None:
    make_store(settings(postgres, schema))
    postgres.execute(f"UPDATE {schema}.store SET schema_version = 99")

    with pytest.raises(StoreUnreadableError, match=r"version 99.*upgrade this program"):
        make_store(settings(postgres, schema))


def test_tables_of_an_older_program_are_migrated(
    postgres: Server, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_store(settings(postgres, schema))
    steps = ("alter table {schema}.leases add column x int", "alter table {schema}.leases rename column x to y")
    monkeypatch.setattr(making, "MIGRATIONS", steps)
    monkeypatch.setattr(making, "SCHEMA_VERSION", 3)

    assert make_store(settings(postgres, schema)) == Made(made.store_id, is_new=False)

    postgres.execute(f"SELECT y FROM {schema}.leases")
    assert postgres.execute(f"SELECT schema_version FROM {schema}.store") == [(3,)]


def test_there_is_a_migration_from_every_version() -> None:
    assert len(making.MIGRATIONS) == SCHEMA_VERSION - 1


def test_it_works_through_a_pooler_in_transaction_mode(postgres: Server, pgbouncer: Path, schema: str) -> None:
    through = PostgresSettings(Secret(postgres.url(host=pgbouncer)), StoreOptions(schema), KEYS)

    assert make_store(through, grant=ROWS).is_new
    assert Rekeying(through).run() == Rekeyed(0)
    assert not make_store(through).is_new
