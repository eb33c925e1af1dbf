"""What an operator should repair in a PostgreSQL store: damaged rows, missing keys, a closed store, waiting spills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final

from openab_auth.storage.entries import Entry
from openab_auth.storage.errors import DamagedRowError, UnknownStoreKeyError
from openab_auth.storage.postgres.head import Head
from openab_auth.storage.postgres.local_journal import LocalJournal
from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.postgres.sealed.rows import ALL_ENTRIES, open_entry, open_record
from openab_auth.storage.postgres.wire.connections import BoundConnection
from openab_auth.storage.postgres.wire.tables import Tables
from openab_auth.storage.reader import Problem
from openab_auth.storage.records import KINDS

_RECORDS: Final = "select kind, key, record, key_id from {schema}.records order by kind, key"
_KINDS: Final = {kind.name: kind for kind in KINDS}


def find(
    connection: BoundConnection, tables: Tables, head: Head, cipher: Cipher, local: LocalJournal
) -> tuple[Problem, ...]:
    """Read every row and the journal of this host, and return what is wrong with them."""
    found: list[Problem] = []
    if not head.open:
        found.append(Problem("the store is closed for refreshes", "run `openab-auth store adopt` if no copy is in use"))
    rows = _Rows(cipher)
    for key, kind, sealed, key_id in connection.execute(tables.sql(ALL_ENTRIES), binary=True):
        rows.look(key_id, partial(rows.open_entry, key, kind, sealed, key_id))
    for kind, key, sealed, key_id in connection.execute(tables.sql(_RECORDS), binary=True):
        if kind in _KINDS:
            rows.look(key_id, partial(open_record, cipher, _KINDS[kind], key, sealed, key_id))
    found += rows.damaged
    for key_id, count in rows.unknown.items():
        what = f"{count} rows need the key {key_id!a}, which is not in [store] keys"
        found.append(Problem(what, "add this key", damage=True))
    for spill in local.load(cipher):
        if spill.takes_place_of(rows.entries.get(spill.tenant)):
            what = f"a renewed login to {spill.tenant} is only in the journal of this host, {local.folder}"
            found.append(Problem(what, "the next commit of a process on this host writes it into the database"))
    for place, reason in local.ignored(cipher):
        found.append(Problem(f"{place} is ignored: {reason}", "look at the file, and remove it"))
    return tuple(found)


class _Rows:
    """The rows that were read: sound entries, damaged rows, and the number of rows for each key that is missing."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        self.entries: dict[str, Entry] = {}
        self.damaged: list[Problem] = []
        self.unknown: Counter[str] = Counter()

    def look(self, key_id: str, read: Callable[[], object]) -> None:
        try:
            read()
        except DamagedRowError as error:
            self.damaged.append(Problem(error.happened, error.todo, damage=True))
        except UnknownStoreKeyError:
            self.unknown[key_id] += 1

    def open_entry(self, key: str, kind: str, sealed: bytes, key_id: str) -> None:
        self.entries[key] = open_entry(self._cipher, key, kind, sealed, key_id)
