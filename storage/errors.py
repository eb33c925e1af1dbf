"""The errors of the store.

OpenabAuthError                 says what happened, what was kept, and what to do next
└── StorageError
    ├── StoreUnreadableError    the store is there but could not be read; nothing was written
    ├── StoreUnwritableError    the change could not be committed; the store is unchanged
    ├── ServersUnwrittenError   the added servers are unchanged; all other changes were committed
    ├── StoreBusyError          a lock was not free before the deadline; nothing was changed
    ├── InvalidTenantError      the name cannot be a key or part of a sidecar's file name
    └── InvalidEntryError       the entry fits none of the three shapes; it was not written
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


class StoreBusyError(StorageError):
    """Another process or thread held a lock until the deadline; nothing was changed."""

    code = "store_busy"

    def __init__(self, path: str | os.PathLike[str], waited: float) -> None:
        super().__init__(
            f"the lock {os.fspath(path)} was not free within {waited:g} s",
            kept="nothing was changed",
            todo="try again; if it happens again, `lsof` on this file shows a W beside the process that holds the lock",
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


def _explained(why: str | OSError) -> tuple[str, FileFault | None]:
    """Return the reason in words, and the fault behind an error of the operating system."""
    if isinstance(why, str):
        return why, None
    from openab_auth.storage.file_faults import fault_of, words_for  # noqa: PLC0415 -- only a failure needs the table

    return words_for(why), fault_of(why)


def words_of(error: BaseException) -> str:
    """Return the text of our own error, but only the type of any other error: its text could quote a secret."""
    return str(error) if isinstance(error, OpenabAuthError) else type(error).__name__
