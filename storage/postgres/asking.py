"""Ask the database for a read; the error tells whether it refused or is away, and the log when it went and came."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar

import psycopg

from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.postgres.wire import faults
from openab_auth.storage.postgres.wire.connections import BoundConnection, Connections

T = TypeVar("T")
READ_SECONDS: Final = 5.0  # the longest time for one read
_log: Final = logging.getLogger(__name__)


class Asking:
    """Runs reads on these connections; `place` names the store to people. Threads may share the object."""

    def __init__(self, connections: Connections, place: str) -> None:
        self._connections = connections
        self._place = place
        self._told_away = False

    def ask(self, read: Callable[[BoundConnection], T], *, is_in_memory: bool) -> T:
        """Return what `read` reads; `is_in_memory` says whether this process can go on with what it read before.

        Raises:
            AwayError: the database could not be asked.
            StoreUnreadableError: it refused the query.
        """
        try:
            with self._connections.use(READ_SECONDS) as connection:
                found = read(connection)
        except psycopg.Error as error:
            failed = faults.unreadable(self._place, error)
            if not faults.is_unreachable(error):
                raise failed from None
            if is_in_memory and not self._told_away:  # otherwise the caller raises, which says enough
                self._told_away = True
                _log.warning("%s; valid tokens are served from memory, and nothing is refreshed", failed.happened)
            raise AwayError(failed, error) from None
        if self._told_away:
            self._told_away = False
            _log.warning("%s can be read again", self._place)
        return found


class AwayError(Exception):
    """The database could not be asked; `error` says so to people."""

    def __init__(self, error: StoreUnreadableError, cause: psycopg.Error) -> None:
        super().__init__()
        self.error = error
        self.cause = cause
