"""Read the lease rows of a store, for somebody who watches which processes may refresh."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

import psycopg

from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.wire import faults
from openab_auth.storage.postgres.wire.connections import Connections
from openab_auth.storage.postgres.wire.tables import Tables

_SECONDS: Final = 5.0  # the longest time for one read
_ROWS: Final = """
    select name, holder, extract(epoch from until)::float8, extract(epoch from posted_at)::float8
    from {schema}.leases order by name"""


class LeaseRow(NamedTuple):
    """A lease, with times of the database's clock in unix seconds.

    `holder` is an id that a process draws for each lease. `posted_at` is None until it sends a request.
    """

    name: str
    holder: UUID
    until: float
    posted_at: float | None


class LeaseRows:
    """The lease rows of one store; threads may share the object."""

    def __init__(self, settings: PostgresSettings) -> None:
        self._place = settings.place
        self._tables = Tables(settings.options.schema)
        self._connections = Connections(settings.url)

    def read(self) -> tuple[LeaseRow, ...]:
        """Return every lease that a process holds, or held until it lapsed.

        Raises:
            StoreUnreadableError: the database could not be asked.
        """
        try:
            with self._connections.use(_SECONDS) as connection:
                return tuple(LeaseRow(*row) for row in connection.execute(self._tables.sql(_ROWS)))
        except psycopg.Error as error:
            raise faults.unreadable(self._place, error) from None

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._connections.close()
