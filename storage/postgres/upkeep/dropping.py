"""Delete a store: its schema, with every login and record in it."""

from __future__ import annotations

from typing import Final

import psycopg

from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.wire import faults
from openab_auth.storage.postgres.wire.connections import Connections
from openab_auth.storage.postgres.wire.tables import Tables

_SECONDS: Final = 30.0  # the longest time for all of it
_LIMITS: Final = """
    select set_config('lock_timeout', '10s', true), set_config('statement_timeout', '20s', true)"""


def drop_store(settings: PostgresSettings) -> None:
    """Delete the schema of the store in one transaction; do nothing if there is none.

    Raises:
        StoreUnwritableError, StoreBusyError: the database refused; nothing was deleted.
    """
    connections = Connections(settings.url)
    try:
        with connections.use(_SECONDS) as connection, connection.transaction():
            connection.execute(_LIMITS)
            connection.execute(Tables(settings.options.schema).sql("drop schema if exists {schema} cascade"))
    except psycopg.Error as error:
        raise faults.unwritable(settings.place, error, _SECONDS) from None
    finally:
        connections.close()
