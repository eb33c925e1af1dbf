"""Put a backup into the place of a store; refresh tokens that may be spent wait until an operator adopts them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.storage.backups.backup_file import Backup, Sealed, read_backup, whole_contents
from openab_auth.storage.backups.errors import (
    BackupDamagedError,
    BackupKeyError,
    BackupSealedError,
    RefreshesRunError,
    RestoreUnfinishedError,
    StoreHasLoginsError,
)
from openab_auth.storage.backups.taking import SEALED_AT
from openab_auth.storage.contents import Contents, has_refresh_token
from openab_auth.storage.disk import atomic
from openab_auth.storage.entries import Entry, PendingEntry
from openab_auth.storage.errors import DamagedRowError, StorageError
from openab_auth.storage.file import FileStore, restored
from openab_auth.storage.records import KEYS
from openab_auth.storage.restore_rule import Restoring, is_other_login, still_held_back
from openab_auth.storage.store import Store

if TYPE_CHECKING:  # a file needs no database
    from openab_auth.storage.postgres.opening import PostgresSettings

_PATIENCE: Final = 30.0  # seconds until no login is refreshed; one refresh takes at most 20
_POLL: Final = 0.05  # seconds between two attempts


@dataclass(frozen=True, slots=True)
class RestoredStore:
    """Say what a restore did.

    `made_at` is when the backup was made (unix seconds), and `logins` how many logins the store has now. `waiting` are
    the tenants whose refresh tokens may be spent, and `kept` those whose login in the store was as new as the backup's
    or newer. `newer` are those of `kept` whose login was made after that of the backup. `removed` are the tenants that
    only the store had. `keys` is the number of broker keys in the backup.
    """

    made_at: int
    logins: int
    waiting: tuple[str, ...]
    kept: tuple[str, ...]
    newer: tuple[str, ...]
    removed: tuple[str, ...]
    keys: int

    @property
    def is_open(self) -> bool:
        """Return whether all logins may be refreshed."""
        return not self.waiting


def restore_file(store: FileStore, path: Path, *, replace: bool) -> RestoredStore:
    """Put a backup into the place of a credential file and the files beside it.

    Interrupted at any moment, the old store is there, or the next update of any process finishes the restore.

    Raises:
        BackupError: the backup cannot be read.
        StoreHasLoginsError: the store has logins, and `replace` is not set.
        RefreshesRunError: a login that would be replaced was refreshed all the time; the store is unchanged.
        StorageError: the store could not be read or written.
    """
    backup = read_backup(path)
    if isinstance(backup.contents, Sealed):
        raise BackupSealedError(path, backup.key_id)
    mark = _mark(backup, backup.contents)
    unfinished = restored.find(store.path)
    if unfinished is not None and unfinished.state == "restoring" and unfinished.backup != mark:
        _finish(store, unfinished)
        unfinished = restored.find(store.path)
    if unfinished is None or unfinished.state == "waiting":
        before = Contents.of(store)  # an update would drop what the journal knows about a login that was lost
        _check_has_none(before, str(store.path), replace=replace)
        store.check_writable()
        atomic.rehearse(store.path, 3 * len(json.dumps(backup.contents.to_json())))
        begun = restored.RestoredFile(store.path, "restoring", mark, backup.contents)
        begun.save()
        _finish(store, begun, withdraw=unfinished.save if unfinished else begun.remove)
    else:
        before = Contents.of(store)
        _finish(store, unfinished)
    found = restored.find(store.path)
    return _result(backup, backup.contents, before, store, tuple(found.contents.entries) if found else ())


def restore_database(settings: PostgresSettings, path: Path, *, replace: bool) -> RestoredStore:
    """Put a backup into the place of a PostgreSQL store; see `restore_file`.

    Interrupted at any moment, the old or the new rows are there, and the store is closed for refreshes.

    Raises:
        StorageError: as `restore_file`.
    """
    from openab_auth.storage.backups.in_postgres import restore_store  # noqa: PLC0415 - the settings say whether it is there
    from openab_auth.storage.postgres import PostgresStore  # noqa: PLC0415 - as above

    backup = read_backup(path)
    contents = backup.contents
    if isinstance(contents, Sealed):
        contents = opened(settings, path, backup, contents)
    store = PostgresStore(settings)
    try:
        before = store.update(Contents.in_draft)
        _check_has_none(before, settings.place, replace=replace)
        done = _patiently(lambda: restore_store(settings, contents, _mark(backup, contents), backup.store_id))
    finally:
        store.close()
    return _result(backup, contents, before, done.contents, tuple(done.waiting))


def opened(settings: PostgresSettings, path: Path, backup: Backup, sealed: Sealed) -> Contents:
    """Return the decrypted contents of a backup.

    Raises:
        BackupSealedError: the store has no keys.
        BackupKeyError: its key does not open it.
        UnknownStoreKeyError: its key is not in the settings.
    """
    if settings.keys is None or backup.store_id is None:
        raise BackupSealedError(path, sealed.key_id)
    try:
        text = settings.cipher(backup.store_id).open(*SEALED_AT, sealed.text, sealed.key_id)
        return whole_contents(json.loads(text))
    except DamagedRowError:
        raise BackupKeyError(path, sealed.key_id) from None
    except (ValueError, RecursionError):
        raise BackupDamagedError(path, "its content cannot be read") from None


def _patiently(restore: Callable[[], Restoring]) -> Restoring:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return restore()
        except RefreshesRunError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_POLL)


def _finish(store: FileStore, begun: restored.RestoredFile, withdraw: Callable[[], None] | None = None) -> None:
    """Let an update of the store finish the restore that waits beside it.

    Call `withdraw` if nothing of it is written yet, and a login is refreshed all the time.

    Raises:
        RefreshesRunError: a login was refreshed all the time; the store is unchanged.
        RestoreUnfinishedError: a file could not be written, or was not written yet.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            store.update(len)
        except StorageError as error:
            raise RestoreUnfinishedError(error) from error
        found = restored.find(store.path)
        if found is None or (found.state == "waiting" and found.backup == begun.backup):
            return
        if found.state == "waiting":  # another process has just written the logins that waited before
            begun.save()
        if time.monotonic() > deadline:
            if withdraw is None or still_held_back(store.read(), begun.contents.entries):  # it may be written already
                raise RestoreUnfinishedError(RefreshesRunError(str(store.path)))
            withdraw()
            raise RefreshesRunError(str(store.path))
        time.sleep(_POLL)


def _check_has_none(before: Contents, place: str, *, replace: bool) -> None:
    if before.logins and not replace:
        raise StoreHasLoginsError(place, before.logins)


def _result(
    backup: Backup, wanted: Contents, before: Contents, after: Store | Contents, waiting: tuple[str, ...]
) -> RestoredStore:
    entries = after.entries if isinstance(after, Contents) else after.read()
    logins = _logins(entries)
    stayed = {key for key in logins - set(waiting) if entries[key] == before.entries.get(key)}
    newer = {key for key in stayed if is_other_login(before, wanted, key)}
    kept = newer | {key for key in stayed if has_refresh_token(entries[key])}
    return RestoredStore(
        made_at=backup.made_at,
        logins=len(logins),
        waiting=tuple(sorted(waiting)),
        kept=tuple(sorted(kept)),
        newer=tuple(sorted(newer)),
        removed=tuple(sorted(_logins(before.entries) - logins)),
        keys=len(wanted.records[KEYS.name]),
    )


def _logins(entries: Mapping[str, Entry]) -> set[str]:
    return {key for key, entry in entries.items() if not isinstance(entry, PendingEntry)}


def _mark(backup: Backup, contents: Contents) -> str:
    """Return a text that tells this backup from others, for people and programs."""
    made = datetime.fromtimestamp(backup.made_at, UTC).isoformat()
    content = sha256(json.dumps(contents.to_json()).encode()).hexdigest()[:16]
    return f"the backup of {backup.place} of {made} ({content})"
