"""The errors of backups.

StorageError
├── BackupError                 the backup cannot be read or made; the store is unchanged
│   ├── NoBackupError               the file was not written by `store backup`
│   ├── BackupDamagedError          its checksum is wrong, or its content cannot be read
│   ├── BackupTooNewError           a later version of this program wrote it
│   ├── BackupNotOursError          other users may have written the file
│   ├── BackupKeyError              it is encrypted with another key than the one of this id
│   ├── BackupSealedError           it is encrypted, and this store is a file or has no keys
│   └── StoreDamagedError           the store has damage, so a backup would not be whole
├── StoreSettingsError
│   ├── BackupExistsError           the file for the backup is there already
│   ├── BackupPlaceError            the file for the backup would lie among the files of the store
│   ├── NothingToBackUpError        the store is empty
│   └── StoreHasLoginsError         the store to restore into has logins
├── StoreBusyError
│   └── RefreshesRunError           a process may be refreshing a login of the store
└── RestoreUnfinishedError      the restore began and could not be finished; it goes on later
"""

from __future__ import annotations

import os

from openab_auth.storage.errors import StorageError, StoreBusyError, StoreSettingsError


class BackupError(StorageError):
    """The backup cannot be read or made; the store is unchanged."""

    code = "backup"

    def __init__(self, happened: str, todo: str, kept: str = "the store is unchanged") -> None:
        super().__init__(happened, kept=kept, todo=todo)


class NoBackupError(BackupError):
    """The file was not written by `store backup`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(f"{os.fspath(path)} is no backup of openab-auth", "name a file that `store backup` wrote")


class BackupDamagedError(BackupError):
    """The backup is not the text that was written."""

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(f"{os.fspath(path)} is damaged ({reason})", "fetch the file again, or use another backup")


class BackupTooNewError(BackupError):
    """A later version of this program wrote the backup."""

    def __init__(self, path: str | os.PathLike[str], number: int) -> None:
        super().__init__(
            f"{os.fspath(path)} has the format {number} of a later version of openab-auth",
            "restore it with the version that made it, or a later one",
        )


class BackupNotOursError(BackupError):
    """Other users may have written the file, so nobody knows whose logins are in it."""

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(
            f"other users may write to {os.fspath(path)} ({reason})",
            "if it is your backup, copy it into a folder of your own, run `chmod 600` for the copy, and restore that",
        )


class BackupSealedError(BackupError):
    """The backup is encrypted, and the store that it is to be restored into cannot decrypt it."""

    def __init__(self, path: str | os.PathLike[str], key_id: str) -> None:
        super().__init__(
            f"{os.fspath(path)} is encrypted with the key {key_id[:80]!a} of a PostgreSQL store",
            "restore it into a PostgreSQL store with this key in [store] keys; `store copy` then moves it to a file",
        )


class BackupKeyError(BackupError):
    """The backup is whole, and the key in the settings is another one than the key of this id that encrypted it."""

    def __init__(self, path: str | os.PathLike[str], key_id: str) -> None:
        super().__init__(
            f"the key {key_id[:80]!a} in [store] keys is not the key of this id that encrypted {os.fspath(path)}",
            "name the key with which the backup was made in [store] keys, under its id",
        )


class StoreDamagedError(BackupError):
    """A login or a record of the store cannot be read, so that a backup would lack it without a word."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"the store has damage: {what}", f"{todo}; then make the backup", "no backup was written")


class BackupExistsError(StoreSettingsError):
    """The file for the backup is there already; perhaps it is the last good one."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(f"{os.fspath(path)} is there already", "name another FILE, with the date for example")


class BackupPlaceError(StoreSettingsError):
    """The backup would count as a file of the store, so that a logout would clear tokens in it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(
            f"{os.fspath(path)} would be one of the files of the store, which a logout clears",
            "name a FILE in another folder, on another disk if you can",
        )


class NothingToBackUpError(StoreSettingsError):
    """The store holds nothing; perhaps its location has a mistake."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} holds no login", "correct --store")


class StoreHasLoginsError(StoreSettingsError):
    """The store has logins, which a restore would replace."""

    def __init__(self, place: str, logins: int) -> None:
        several = "1 login" if logins == 1 else f"{logins} logins"
        super().__init__(
            f"{place} has {several}",
            "make a backup of it in another FILE first, then add --replace",
        )


class RefreshesRunError(StoreBusyError):
    """A process may be refreshing a login that the restore replaces; its answer would be lost."""

    def __init__(self, place: str, seconds: float | None = None) -> None:
        super().__init__(place, seconds or 0.0)
        again = "the command again" if seconds is None else f"the command again in {seconds:.0f} s"
        StorageError.__init__(
            self,
            f"a process refreshes a login of {place}, or was killed while it did",
            kept="the store is unchanged",
            todo=f"run {again}; stop the bots and agents first if it happens again",
        )


class RestoreUnfinishedError(StorageError):
    """The backup waits beside the store, because a file of the store could not be written."""

    code = "restore_unfinished"

    def __init__(self, error: StorageError) -> None:
        super().__init__(
            error.happened,
            kept="the backup is kept beside the store, and the next change of the store finishes the restore",
            todo=f"{error.todo}, and run the same command again",
        )
