"""Make the tables of a store, or bring them to this program's version; the role of the URL owns them."""

from __future__ import annotations

import importlib.resources
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from openab_auth.storage.errors import StoreSettingsError, StoreUnreadableError, StoreUnwritableError
from openab_auth.storage.file_faults import FaultError, FileFault
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.sealed.cipher import key_check, verify_key_check
from openab_auth.storage.postgres.wire import faults
from openab_auth.storage.postgres.wire.connections import BoundConnection, Connections
from openab_auth.storage.postgres.wire.tables import SCHEMA_VERSION, Tables

OLDEST_SERVER: Final = 130000  # PostgreSQL 13
MIGRATIONS: Final[tuple[str, ...]] = ()  # the first one brings tables of version 1 to version 2
_SECONDS: Final = 60.0  # the longest time for all of it
_NAMES: Final = ("store", "entries", "records", "leases", "commits")
_LIMITS: Final = """
    select set_config('lock_timeout', '10s', true), set_config('statement_timeout', '30s', true),
        set_config('idle_in_transaction_session_timeout', '5s', true)"""
_ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(hashtextextended('openab-auth store init ' || %s, 0))"
_FOUND: Final = """
    select coalesce(array_agg(relname::text), '{{}}') from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace where nspname = %s and relname = any(%s)"""
_HAS_SCHEMA: Final = "select exists (select from pg_namespace where nspname = %s)"
_INSERT: Final = "insert into {schema}.store values (%s, 1, %s, %s, %s, true)"
_ROW: Final = "select id, schema_version, key_check from {schema}.store for update"
_GRANTS: Final = (
    "grant usage on schema {schema} to {role}",
    "grant select, update on {schema}.store to {role}",
    "grant select, insert, update, delete on {schema}.entries, {schema}.records to {role}",
    "grant select, insert, update, delete on {schema}.leases, {schema}.commits to {role}",
)
_NO_OWNER: Final = FileFault(
    "database-owner", "", "use a role that owns this schema, or that may create one in this database"
)
_OLD_SERVER: Final = FileFault("old-server", "", "upgrade the server to PostgreSQL 13 or later")


class Made(NamedTuple):
    """The id of the store, and whether its tables were made now."""

    store_id: UUID
    is_new: bool


class ForeignTablesError(StoreSettingsError):
    """The schema has tables of these names that belong to another program."""

    def __init__(self, schema: str, names: list[str]) -> None:
        super().__init__(
            f"the schema {schema!a} has tables of another program ({', '.join(sorted(names))})",
            "name another schema in [store] schema",
        )


class UnknownRoleError(StoreSettingsError):
    """`--grant` names a role that the database does not have."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"the database has no role {role[:80]!a}",
            "create the role, or correct its name, then run the command again",
        )


def make_store(settings: PostgresSettings, *, grant: str | None = None) -> Made:
    """Make or migrate the tables in one transaction; `grant` is a role that gets rights on their rows.

    Raises:
        StoreSettingsError: the schema, the role or a key is wrong; nothing was changed.
        StoreUnreadableError, StoreUnwritableError, StoreBusyError: the database refused; nothing was changed.
    """
    place = settings.place
    tables = Tables(settings.options.schema)
    connections = Connections(settings.url)
    try:
        with connections.use(_SECONDS) as connection:
            if connection.info.server_version < OLDEST_SERVER:
                raise StoreUnreadableError(place, FaultError(None, "its server is too old", _OLD_SERVER))
            with connection.transaction():
                made = _make(connection, tables, settings, place)
                if grant:
                    _grant(connection, tables, grant)
    except psycopg.errors.InsufficientPrivilege as error:
        words = error.diag.message_primary or "permission denied"
        raise StoreUnwritableError(place, FaultError(None, words, _NO_OWNER)) from None
    except psycopg.errors.UndefinedObject:
        raise UnknownRoleError(grant or "") from None
    except psycopg.Error as error:
        raise faults.unwritable(place, error, _SECONDS) from None
    finally:
        connections.close()
    return made


def _make(connection: BoundConnection, tables: Tables, settings: PostgresSettings, place: str) -> Made:
    connection.execute(_LIMITS)
    connection.execute(_ONE_AT_A_TIME, [tables.schema])
    (names,) = _row(connection, tables.sql(_FOUND), [tables.schema, list(_NAMES)])
    if "store" not in names:
        if names:
            raise ForeignTablesError(tables.schema, names)
        return _create(connection, tables, settings)
    try:
        found = connection.execute(tables.sql(_ROW)).fetchone()
    except psycopg.errors.UndefinedColumn:
        raise ForeignTablesError(tables.schema, ["store"]) from None
    if found is None:
        return _insert(connection, tables, settings)
    store_id, version, check = found
    if version > SCHEMA_VERSION:
        words = f"its tables have version {version}, and this program knows {SCHEMA_VERSION}"
        raise StoreUnreadableError(place, FaultError(None, words, faults.NEW_SCHEMA))
    verify_key_check(check, settings.cipher(store_id))
    for migration in MIGRATIONS[version - 1 :]:
        connection.execute(tables.sql(migration))
    if version < SCHEMA_VERSION:
        connection.execute(tables.sql("update {schema}.store set schema_version = %s"), [SCHEMA_VERSION])
    return Made(store_id, is_new=False)


def _create(connection: BoundConnection, tables: Tables, settings: PostgresSettings) -> Made:
    (has_schema,) = _row(connection, _HAS_SCHEMA, [tables.schema])
    if not has_schema:  # `if not exists` would need the right to create it even where it exists
        connection.execute(tables.sql("create schema {schema}"))
    statements = importlib.resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
    connection.execute(tables.sql(statements))
    return _insert(connection, tables, settings)


def _insert(connection: BoundConnection, tables: Tables, settings: PostgresSettings) -> Made:
    store_id = uuid4()
    check = key_check(settings.cipher(store_id))
    connection.execute(tables.sql(_INSERT), [store_id, uuid4(), SCHEMA_VERSION, check])
    return Made(store_id, is_new=True)


def _grant(connection: BoundConnection, tables: Tables, role: str) -> None:
    for statement in _GRANTS:
        filled = sql.SQL(statement).format(schema=sql.Identifier(tables.schema), role=sql.Identifier(role))
        connection.execute(filled)


def _row(connection: BoundConnection, statement: Any, values: list[object]) -> tuple[Any, ...]:  # noqa: ANN401 - as psycopg
    row = connection.execute(statement, values).fetchone()
    assert row is not None  # noqa: S101 - these statements always return a row
    return row
