"""Name the tables of one store in SQL: several stores share a database, each in a schema of its own."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from psycopg import sql

SCHEMA_VERSION: Final = 1
LIMITS: Final = """
    set local lock_timeout = '5s'; set local statement_timeout = '5s';
    set local idle_in_transaction_session_timeout = '5s'"""  # a paused client blocks nobody for longer


class Tables:
    """The tables in the schema `schema`; `sql` fills `{schema}` in a statement, once for each."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self.sql = lru_cache(maxsize=None)(self._filled)

    @property
    def records(self) -> str:
        """Return the name of the table of records, for people."""
        return f"{self.schema}.records"

    def _filled(self, statement: str) -> bytes:
        return sql.SQL(statement).format(schema=sql.Identifier(self.schema)).as_bytes()
