"""Values that are written into the text of a message arrive as they are."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from openab_auth.storage.postgres.wire.connections import BoundConnection
from openab_auth.storage.postgres.wire.message import Value, send_together
from tests.storage.postgres.places import Place

AT = datetime(2026, 11, 27, 18, 30, 0, 250_000, UTC)
ID = UUID("6b1f0c9e-5d2a-4b53-9c57-0d1f6a2b7c11")
VALUES: dict[str, list[Value]] = {
    "text": [
        "",
        "it's",
        'a "word"',
        "back\\slash",
        "\\'; drop table x; --",
        "%s %% {schema}",
        "登入 🔑",
        "$1 $$ :name",
    ],
    "bytea": [b"", b"\x00\xff'\\", bytes(range(256))],
    "uuid": [ID],
    "int": [0, -7],
    "float8": [1_800_000_000.25],
    "timestamptz": [AT],
    "text[]": [[], ["it's", "{a,b}", 'NULL "x" \\ ,', ""]],
    "uuid[]": [[ID, ID]],
}


@pytest.mark.parametrize("strings", ["on", "off"])
@pytest.mark.parametrize("kind", VALUES)
def test_a_value_arrives_as_it_is(place: Place, kind: str, strings: str) -> None:
    with connected(place) as connection:
        connection.execute(f"set standard_conforming_strings = {strings}".encode())
        sent = VALUES[kind]
        statements: list[tuple[bytes, list[Value]]] = [(f"select %s::{kind}".encode(), [value]) for value in sent]

        cursor = send_together(connection, statements)

        arrived = []
        for number in range(len(sent)):
            cursor.set_result(number)
            arrived += [value for (value,) in cursor.fetchall()]
        assert arrived == sent


def test_a_null_is_sent_as_null(place: Place) -> None:
    with connected(place) as connection:
        assert send_together(connection, [(b"select %s is null", [None])]).fetchall() == [(True,)]


def test_text_with_nul_is_refused_and_not_cut_off(place: Place) -> None:
    with connected(place) as connection, pytest.raises(psycopg.DataError):
        send_together(connection, [(b"select %s", ["codex\0@work"])])


def test_a_statement_with_a_value_too_few_is_not_sent(place: Place) -> None:
    with connected(place) as connection, pytest.raises(psycopg.ProgrammingError):
        send_together(connection, [(b"select %s, %s", ["one"])])


def connected(place: Place) -> BoundConnection:
    return BoundConnection.connect(place.url(), autocommit=True)
