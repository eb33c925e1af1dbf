"""Send several statements as one message of the simple protocol, with their values written into its text.

Of a pipeline the server takes message after message, and no limit of its own ends a transaction between two of them: a
host that dies there would hold the lock on the store until TCP notices. `psycopg.ClientCursor` writes values into a
text, too. But its general conversion took a quarter of the processor time of a commit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias
from uuid import UUID

import psycopg
from psycopg.pq import Escaping

from openab_auth.storage.postgres.wire.connections import BoundConnection

Value: TypeAlias = str | bytes | int | float | UUID | datetime | Sequence[str] | Sequence[UUID] | None
_PLACE: Final = b"%s"  # of a value in a statement; `%` has no other meaning there
_PLAIN: Final[dict[type, Callable[[Any], bytes]]] = {  # literals of types whose text needs no escape
    bytes: lambda value: b"E'\\\\x%b'" % value.hex().encode(),  # the same under every standard_conforming_strings
    UUID: lambda value: b"'%b'" % str(value).encode(),
    datetime: lambda value: b"'%b'" % value.isoformat().encode(),
    int: lambda value: repr(value).encode(),
    float: lambda value: repr(value).encode(),
}


def send_together(
    connection: BoundConnection, statements: Sequence[tuple[bytes, Sequence[Value]]]
) -> psycopg.Cursor[tuple[Any, ...]]:
    """Run statements in one round trip; the cursor has the results of all of them.

    Raises:
        psycopg.Error: a statement failed, and those after it were not run; or a value cannot be sent.
    """
    literals = _Literals(connection)
    texts = [_filled(statement, [literals.of(value) for value in values]) for statement, values in statements]
    return connection.execute(b"; ".join(texts))


def _filled(statement: bytes, literals: list[bytes]) -> bytes:
    parts = _split(statement)
    if len(parts) != len(literals) + 1:
        message = "a statement has another number of places than values"
        raise psycopg.ProgrammingError(message)
    return b"".join([part for pair in zip(parts, [*literals, b""], strict=True) for part in pair])


@lru_cache(maxsize=64)
def _split(statement: bytes) -> list[bytes]:
    return statement.split(_PLACE)


class _Literals:
    """Write values as the literals of one connection."""

    def __init__(self, connection: BoundConnection) -> None:
        self._escaping = Escaping(connection.pgconn)
        self._encoding = connection.info.encoding

    def of(self, value: Value) -> bytes:
        """Return the value as it is written in SQL."""
        if value is None:
            return b"null"
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list | tuple):
            return self._array(value)
        return _PLAIN[type(value)](value)

    def _array(self, values: Sequence[Value]) -> bytes:
        kind = b"uuid" if values and isinstance(values[0], UUID) else b"text"
        return b"array[%b]::%b[]" % (b", ".join([self.of(value) for value in values]), kind)

    def _text(self, value: str) -> bytes:
        if "\0" in value:
            message = "PostgreSQL keeps no text with NUL"
            raise psycopg.DataError(message)
        return bytes(self._escaping.escape_literal(value.encode(self._encoding)))
