"""Make the tables of a store, and bring those of an earlier version to the present one; the owner's role does it."""

from __future__ import annotations

from importlib.resources import files
from typing import Final
from uuid import uuid4

from psycopg import sql

from openab_auth.storage.postgres.cipher import key_check
from openab_auth.storage.postgres.connections import BoundConnection
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.tables import SCHEMA_VERSION, Tables

_FIRST: Final = """
    insert into {schema}.store (id, version, version_id, schema_version, key_check, open)
    values (%s, 0, %s, %s, %s, true)"""
_ROW: Final = "select schema_version from {schema}.store"
_GRANTS: Final = (
    "grant usage on schema {schema} to {role}",
    "grant select, insert, update, delete on all tables in schema {schema} to {role}",
)


def make(connection: BoundConnection, tables: Tables, settings: PostgresSettings) -> bool:
    """Make the tables and the row of the store if they are missing; return whether the store is new."""
    connection.execute("begin")
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"openab-auth {tables.schema}"])
    text = files("openab_auth.storage.postgres").joinpath("schema.sql").read_text()
    for statement in filter(str.strip, text.split(";")):
        connection.execute(tables.sql(statement))
    is_new = connection.execute(tables.sql(_ROW)).fetchone() is None
    if is_new:
        store = uuid4()
        values = [store, uuid4(), SCHEMA_VERSION, key_check(settings.cipher(store))]
        connection.execute(tables.sql(_FIRST), values)
    connection.execute("commit")
    return is_new


def grant(connection: BoundConnection, tables: Tables, role: str) -> None:
    """Give another role rights on the rows of the store, and nothing else."""
    names = {"schema": sql.Identifier(tables.schema), "role": sql.Identifier(role)}
    connection.execute("begin")
    for statement in _GRANTS:
        connection.execute(sql.SQL(statement).format(**names))
    connection.execute("commit")
