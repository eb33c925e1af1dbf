"""Turn entries and records into rows and back: the JSON of the credential file, encrypted row by row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeVar
from uuid import UUID, uuid4

from openab_auth.storage.entries import PENDING_LIFETIME, Entry, McpEntry, PendingEntry, TokenEntry
from openab_auth.storage.errors import DamagedRowError
from openab_auth.storage.format import json_text, shapes
from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.records import RecordKind

R = TypeVar("R")
ENTRIES: Final = "entries"
RECORDS: Final = "records"
ONE_ENTRY: Final = "select kind, entry, key_id from {schema}.entries where key = %s"
ALL_ENTRIES: Final = "select key, kind, entry, key_id from {schema}.entries order by position"
ONE_RECORD: Final = "select record, key_id from {schema}.records where kind = %s and key = %s"
ALL_RECORDS: Final = "select key, record, key_id from {schema}.records where kind = %s order by key"
WRITE_RECORD: Final = """
    insert into {schema}.records (kind, key, record, key_id) values (%s, %s, %s, %s)
    on conflict (kind, key) do update set record = excluded.record, key_id = excluded.key_id"""
_LATEST: Final = 253_402_300_799  # unix seconds; the end of the year 9999, the last that datetime has


class EntryRow(NamedTuple):
    """The columns of one entry."""

    key: str
    kind: str
    entry: bytes
    key_id: str
    expires_at: datetime | None
    generation: UUID


def seal_entry(cipher: Cipher, key: str, entry: Entry) -> EntryRow:
    """Return the row of an entry that is written now; every write gives it a new generation."""
    kind, end = _kind_and_end(entry)
    sealed, key_id = cipher.seal(ENTRIES, kind, key, _text(shapes.to_json(entry)))
    return EntryRow(key, kind, sealed, key_id, _time(end), uuid4())


def open_entry(cipher: Cipher, key: str, kind: str, sealed: bytes, key_id: str) -> Entry:
    """Return the entry in a row.

    Raises:
        UnknownStoreKeyError: its key is not in the settings.
        DamagedRowError: it is damaged, or fits none of the three shapes.
    """
    text = cipher.open(ENTRIES, kind, key, sealed, key_id)
    try:
        return shapes.from_json(json_text.parse(text.decode()))
    except (ValueError, RecursionError):
        raise DamagedRowError(ENTRIES, key, "it fits none of the three shapes") from None


def seal_record(cipher: Cipher, kind: RecordKind[R], key: str, record: R) -> tuple[str, str, bytes, str]:
    """Return the columns of a record: kind, key, sealed text and the id of the key that encrypted it."""
    sealed, key_id = cipher.seal(RECORDS, kind.name, key, _text(kind.to_json(record)))
    return kind.name, key, sealed, key_id


def open_record(cipher: Cipher, kind: RecordKind[R], key: str, sealed: bytes, key_id: str) -> R:
    """Return the record in a row.

    Raises:
        UnknownStoreKeyError: its key is not in the settings.
        DamagedRowError: it is damaged, or no record of this kind.
    """
    text = cipher.open(RECORDS, kind.name, key, sealed, key_id)
    try:
        record = kind.from_json(json.loads(text))
    except (ValueError, RecursionError):
        record = None
    if record is None:
        raise DamagedRowError(RECORDS, key, "it is no record of its kind")
    return record


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _kind_and_end(entry: Entry) -> tuple[str, float | None]:
    if isinstance(entry, TokenEntry):
        return "token", entry.expires_at
    if isinstance(entry, PendingEntry):
        return "pending", entry.created_at + PENDING_LIFETIME
    if isinstance(entry, McpEntry):
        return "mcp", entry.expires_at
    raise TypeError(type(entry).__name__)  # `codec.check` has refused it before


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None or seconds > _LATEST else datetime.fromtimestamp(seconds, UTC)
