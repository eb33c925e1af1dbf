"""Make a backup: everything that a store holds at one moment, in one file.

A backup is whole, or it is not made: while a login or a record cannot be read, nothing is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.storage.backups.backup_file import Backup, Sealed, write_backup
from openab_auth.storage.backups.errors import (
    BackupExistsError,
    BackupPlaceError,
    NothingToBackUpError,
    RefreshesRunError,
    StoreDamagedError,
)
from openab_auth.storage.contents import Contents
from openab_auth.storage.copying.errors import CopyUnfinishedError
from openab_auth.storage.disk import atomic
from openab_auth.storage.file import FileStore, restored
from openab_auth.storage.restore_rule import still_held_back

if TYPE_CHECKING:  # a file needs no database
    from openab_auth.storage.postgres.opening import PostgresSettings
    from openab_auth.storage.store import Store

SEALED_AT: Final = ("backup", "contents", "")  # table, kind and key of the sealed text


def back_up_file(store: FileStore, path: Path, *, version: str, clock: Callable[[], float]) -> Backup:
    """Write a backup of a credential file and the files beside it; its tokens are readable, as in that file.

    Raises:
        StoreSettingsError: the store is empty, or FILE is there already or lies among the files of the store.
        StoreDamagedError: something in the store cannot be read.
        StorageError: the store could not be read, or the backup not written.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - a symbolic link stays as it is given
    if path.parent.resolve() == store.path.parent.resolve() and store.path.name in path.name:
        raise BackupPlaceError(path)
    contents = _with_waiting(store, _contents(store, path, str(store.path)))
    backup = Backup(int(clock()), str(store.path), None, version, contents.logins, contents)
    write_backup(path, backup)
    return backup


def back_up_database(settings: PostgresSettings, path: Path, *, version: str, clock: Callable[[], float]) -> Backup:
    """Write a backup of a PostgreSQL store; it is encrypted with the first key of the store, if the store has keys.

    Raises:
        CopyUnfinishedError: the store is the target of a copy that was interrupted, so it is not whole.
        StorageError: as `back_up_file`.
    """
    from openab_auth.storage.postgres import PostgresStore  # noqa: PLC0415 - the settings say whether it is there
    from openab_auth.storage.postgres.upkeep.closing import StoreGate  # noqa: PLC0415 - as above

    with StoreGate(settings).locked() as (state, _):
        store_id = state.head.id
    if state.mark is not None and state.mark.state == "filling":
        raise CopyUnfinishedError(settings.place, state.mark.source)
    store = PostgresStore(settings)
    try:
        contents = _contents(store, path, settings.place)
    finally:
        store.close()
    kept: Contents | Sealed = contents
    if settings.keys is not None:
        text, key_id = settings.cipher(store_id).seal(*SEALED_AT, json.dumps(contents.to_json()).encode())
        kept = Sealed(key_id, text)
    backup = Backup(int(clock()), settings.place, store_id, version, contents.logins, kept)
    write_backup(path, backup)
    return backup


def _contents(store: Store, path: Path, place: str) -> Contents:
    if atomic.existing(path) is not None:  # before the work, and before the lock
        raise BackupExistsError(path)
    for problem in store.problems():
        if problem.damage:
            raise StoreDamagedError(problem.what, problem.repair)
    contents = store.update(Contents.in_draft)
    if not contents.entries and not any(contents.records.values()):
        raise NothingToBackUpError(place)
    return contents


def _with_waiting(store: FileStore, contents: Contents) -> Contents:
    """Return the contents with the refresh tokens of restored logins, which wait in a file of their own.

    Raises:
        RefreshesRunError: a restore was interrupted, and cannot be finished now.
    """
    if (found := restored.find(store.path)) is None:
        return contents
    if found.state == "restoring":
        raise RefreshesRunError(str(store.path))
    whole = still_held_back(contents.entries, found.contents.entries)
    return Contents({**contents.entries, **whole}, contents.records)
