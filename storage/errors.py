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
from typing import ClassVar


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
    """A file of the store is there but could not be read, so nothing was written over it."""

    code = "store_unreadable"

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(
            f"{os.fspath(path)} could not be read ({reason})",
            kept="nothing was changed",
            todo="make it readable for this user or move it away, then try again",
        )
        self.path = os.fspath(path)
        self.reason = reason


class StoreUnwritableError(StorageError):
    """The change could not be committed; the file is unchanged."""

    code = "store_unwritable"

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(
            f"{os.fspath(path)} could not be written ({reason})",
            kept="the file is unchanged",
            todo="free disk space or correct the permissions of its folder, then try again",
        )
        self.path = os.fspath(path)
        self.reason = reason


class ServersUnwrittenError(StorageError):
    """The added servers could not be written, after all other changes were committed."""

    code = "servers_unwritten"

    def __init__(self, error: StoreUnreadableError | StoreUnwritableError) -> None:
        super().__init__(
            error.happened, kept="the added servers are unchanged, all other changes were saved", todo=error.todo
        )
        self.path = error.path
        self.reason = error.reason


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


def words_of(error: BaseException) -> str:
    """Return the text of our own error, but only the type of any other error: its text could quote a secret."""
    return str(error) if isinstance(error, OpenabAuthError) else type(error).__name__
