"""The errors of the store.

OpenabAuthError                 says what happened, what was kept, and what to do next
└── StorageError
    ├── StoreUnreadableError    the store is there but could not be read; nothing was written
    ├── StoreUnwritableError    the change could not be committed; the store is unchanged
    ├── ServersUnwrittenError   the added servers are unchanged; all other changes were committed
    ├── StoreBusyError          a lock was not free before the deadline; nothing was changed
    ├── InvalidTenantError      the name cannot be a key or part of a sidecar's file name
    ├── InvalidEntryError       the entry fits none of the three shapes; it was not written
    ├── StoreClosedError        nothing is refreshed here until an operator adopts this copy of the store
    ├── CommitUnknownError      the answer to a commit was lost; nobody knows yet whether it was made
    ├── DamagedRowError         a row cannot be decrypted: it is damaged, or it belongs elsewhere
    └── StoreSettingsError      a setting of the store is wrong or missing; nothing was read or written
        ├── ExtraMissingError       the packages for a PostgreSQL store are not installed
        ├── NoStoreKeysError        nobody said whether the rows are to be encrypted
        ├── StoreUrlError           the URL is not one that libpq understands
        ├── StoreNotVerifiedError   the database is on another host, and nothing proves that it is the right one
        └── StoreKeyError       a key for the encryption of rows cannot be used; the error names its id
            ├── UnknownStoreKeyError    rows need a key that is not in the settings
            └── WrongStoreKeyError      the key has the right id, but it is not the key that encrypted the rows
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from openab_auth.storage.file_faults import FileFault

OTHER_FAULT: Final = "other"  # the name of a fault that the table of faults does not have


class OpenabAuthError(Exception):
    """Says what happened, what was kept, and what to do next, without a secret."""

    code: ClassVar[str] = "error"

    def __init__(self, happened: str, *, kept: str, todo: str) -> None:
        super().__init__(happened)
        self.happened = happened
        self.kept = kept
        self.todo = todo

    def __str__(self) -> str:
        return f"{self.happened}; {self.kept}; {self.todo}"


class StorageError(OpenabAuthError):
    """The store could not do its work; the subclass says why."""


class StoreUnreadableError(StorageError):
    """A file of the store is there but could not be read, so nothing was written over it.

    `fault` names the system's error in `storage.file_faults`; it is "other" where that table does not have it.
    """

    code = "store_unreadable"

    def __init__(self, path: str | os.PathLike[str], why: str | OSError) -> None:
        self.path = os.fspath(path)
        self.reason, found = _explained(why)
        self.fault = found.name if found else OTHER_FAULT
        super().__init__(
            f"{self.path} could not be read ({self.reason})",
            kept="nothing was changed",
            todo=found.repair if found else "make it readable for this user or move it away, then try again",
        )


class StoreUnwritableError(StorageError):
    """The change could not be committed; the store is unchanged. `fault` is as in `StoreUnreadableError`."""

    code = "store_unwritable"

    def __init__(self, path: str | os.PathLike[str], why: str | OSError) -> None:
        self.path = os.fspath(path)
        self.reason, found = _explained(why)
        self.fault = found.name if found else OTHER_FAULT
        super().__init__(
            f"{self.path} could not be written ({self.reason})",
            kept="the store is unchanged",
            todo=found.repair if found else "free disk space or correct the permissions of its folder, then try again",
        )


class ServersUnwrittenError(StorageError):
    """The added servers could not be written, after all other changes were committed."""

    code = "servers_unwritten"

    def __init__(self, error: StoreUnreadableError | StoreUnwritableError) -> None:
        super().__init__(
            error.happened, kept="the added servers are unchanged, all other changes were saved", todo=error.todo
        )
        self.path = error.path
        self.reason = error.reason
        self.fault = error.fault


_LOOK_AT_LOCK: Final = "`lsof` on this file shows a W beside the process that holds the lock"


class StoreBusyError(StorageError):
    """Another process or thread held a lock until the deadline; nothing was changed."""

    code = "store_busy"

    def __init__(self, path: str | os.PathLike[str], waited: float, look: str = _LOOK_AT_LOCK) -> None:
        super().__init__(
            f"the lock {os.fspath(path)} was not free within {waited:.3g} s",
            kept="nothing was changed",
            todo=f"try again; if it happens again, {look}",
        )
        self.path = os.fspath(path)
        self.waited = waited


class InvalidTenantError(StorageError):
    """The name cannot be a key in the file, or part of a sidecar's file name."""

    code = "invalid_tenant"

    def __init__(self, tenant: str, reason: str) -> None:
        super().__init__(
            f"{tenant[:80]!r} cannot be the name of a login ({reason})",
            kept="nothing was changed",
            todo="choose another name",
        )
        self.tenant = tenant
        self.reason = reason


class InvalidEntryError(StorageError):
    """The entry would make the Rust agents discard the whole file, so it was not written."""

    code = "invalid_entry"

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(
            f"the entry {key[:80]!r} fits none of the three shapes ({reason})",
            kept="nothing was changed",
            todo="this is a bug in the program that wrote the entry; report it",
        )
        self.key = key
        self.reason = reason


class CommitUnknownError(StorageError):
    """The connection was lost during a commit, and nobody could be asked afterwards whether it was made."""

    code = "commit_unknown"

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"the answer to a commit in {place} was lost ({reason})",
            kept="the change was saved as a whole or not at all",
            todo="see whether the database runs, then look whether the change is there, and try again if it is not",
        )
        self.place = place
        self.reason = reason


class StoreClosedError(StorageError):
    """No login may be refreshed here before an operator says that this store, and no copy of it, is the one in use."""

    code = "store_closed"

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"{place} is closed for refreshes ({reason})",
            kept="no refresh token was sent, and nothing was changed",
            todo="if no other copy of this store is in use, run `openab-auth store adopt`",
        )
        self.place = place
        self.reason = reason


class DamagedRowError(StorageError):
    """A row cannot be decrypted; only this row is affected."""

    code = "damaged_row"

    def __init__(self, table: str, key: str, reason: str) -> None:
        super().__init__(
            f"the row {key[:80]!a} of the table {table} is damaged ({reason})",
            kept="no other row is affected, and nothing was changed",
            todo="restore it from a backup; if it holds a login, a new login to this account replaces it",
        )
        self.table = table
        self.key = key
        self.reason = reason


class StoreSettingsError(StorageError):
    """A setting of the store is wrong or missing, so the store was not opened."""

    code = "store_settings"

    def __init__(self, happened: str, todo: str) -> None:
        super().__init__(happened, kept="nothing was read or written", todo=todo)


class ExtraMissingError(StoreSettingsError):
    """The packages for a PostgreSQL store are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "a PostgreSQL store needs packages that are not installed",
            "install openab-auth[postgres]",
        )


class NoStoreKeysError(StoreSettingsError):
    """A PostgreSQL store has no keys, and nobody has allowed it to store tokens without encryption."""

    def __init__(self) -> None:
        super().__init__(
            "a PostgreSQL store needs keys for the encryption of its rows, and [store] keys is empty",
            "put a key of `openab-auth store new-key` into a variable and name it in [store] keys on every host, or "
            "set [store] plaintext = true",
        )


class StoreUrlError(StoreSettingsError):
    """The URL of the store cannot be understood; it is not shown, because a part of it may be a password."""

    def __init__(self) -> None:
        super().__init__(
            "the URL of the store is not a PostgreSQL URL",
            "write it as postgresql://user@host/database, with %XX for the characters / ? @ : in a user or password",
        )


class StoreNotVerifiedError(StoreSettingsError):
    """The database is on another host, and the connection would not check who answers there."""

    def __init__(self, shown: str) -> None:
        super().__init__(
            f"{shown} is on another host, and its connection would not check the certificate of the database",
            "add ?sslmode=verify-full to the URL (and sslrootcert, if your own authority signed the certificate), or "
            "set [store] insecure = true where the network itself is protected",
        )


class StoreKeyError(StoreSettingsError):
    """A key for the encryption of rows cannot be used. `key_id` is empty where the text has no valid id."""

    code = "store_key"

    def __init__(self, key_id: str, happened: str, todo: str) -> None:
        super().__init__(happened, todo)
        self.key_id = key_id


class UnknownStoreKeyError(StoreKeyError):
    """Rows are encrypted with a key that is not in `[store] keys`; nobody needs to log in again."""

    code = "unknown_store_key"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            key_id,
            f"rows of the store are encrypted with the key {key_id[:80]!a}, which [store] keys does not have",
            "add this key to [store] keys on this host; do not log in again, because no login is lost",
        )


class WrongStoreKeyError(StoreKeyError):
    """A key in `[store] keys` is not the key of this id that encrypted the rows; nobody needs to log in again."""

    code = "wrong_store_key"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            key_id,
            f"the key {key_id[:80]!a} in [store] keys is not the key of this id that encrypted the store",
            "use the same value as the other hosts; do not log in again, because no login is lost",
        )


def _explained(why: str | OSError) -> tuple[str, FileFault | None]:
    """Return the reason in words, and the fault behind an error of the operating system."""
    if isinstance(why, str):
        return why, None
    from openab_auth.storage.file_faults import fault_of, words_for  # noqa: PLC0415 -- only a failure needs the table

    return words_for(why), fault_of(why)


def words_of(error: BaseException) -> str:
    """Return the text of our own error, but only the type of any other error: its text could quote a secret."""
    return str(error) if isinstance(error, OpenabAuthError) else type(error).__name__
