"""Every failure of the store.

OpenabAuthError                 what happened, what was kept, what to do next
└── StorageError
    ├── StoreUnreadableError    the file is there but could not be read; nothing was written
    ├── StoreUnwritableError    the change could not be committed; the file is as it was
    ├── ServersUnwrittenError   the added servers are as they were; what else was changed is committed
    ├── StoreBusyError          a lock was not free within its deadline; nothing was changed
    ├── InvalidTenantError      the name cannot be a key or a sidecar's file name
    └── InvalidEntryError       the entry fits none of the three shapes; it was not written
"""

from __future__ import annotations

import os
from typing import ClassVar


class OpenabAuthError(Exception):
    """What happened, what was kept, what to do next; a secret is in none of the three."""

    code: ClassVar[str] = "error"

    def __init__(self, happened: str, *, kept: str, todo: str) -> None:
        super().__init__(happened)
        self.happened = happened
        self.kept = kept
        self.todo = todo

    def __str__(self) -> str:
        return f"{self.happened}; {self.kept}; {self.todo}"


class StorageError(OpenabAuthError):
    """The store could not do what it was asked."""


class StoreUnreadableError(StorageError):
    """The credential file exists and could not be read, so nothing will be written over it."""

    code = "store_unreadable"

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(
            f"{os.fspath(path)} could not be read ({reason})",
            kept="nothing was changed",
            todo="make it readable for this user, or move it away, then try again",
        )
        self.path = os.fspath(path)
        self.reason = reason


class StoreUnwritableError(StorageError):
    """The change could not be committed; the file is as it was before."""

    code = "store_unwritable"

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(
            f"{os.fspath(path)} could not be written ({reason})",
            kept="the file is as it was",
            todo="free space or mend the rights of its folder, then try again",
        )
        self.path = os.fspath(path)
        self.reason = reason


class ServersUnwrittenError(StorageError):
    """The list of added servers could not be written, after what else was changed had been committed."""

    code = "servers_unwritten"

    def __init__(self, error: StoreUnreadableError | StoreUnwritableError) -> None:
        super().__init__(error.happened, kept="the servers are as they were, all else was written", todo=error.todo)
        self.path = error.path
        self.reason = error.reason


class StoreBusyError(StorageError):
    """A lock stayed with somebody else until the deadline; nothing was changed."""

    code = "store_busy"

    def __init__(self, path: str | os.PathLike[str], waited: float) -> None:
        super().__init__(
            f"the lock {os.fspath(path)} was not free within {waited:g} s",
            kept="nothing was changed",
            todo="try again; if it stays so, `lsof` lists who has it open: the one with a W behind its number holds it",
        )
        self.path = os.fspath(path)
        self.waited = waited


class InvalidTenantError(StorageError):
    """The name cannot be a key in the file and part of a sidecar's file name."""

    code = "invalid_tenant"

    def __init__(self, tenant: str, reason: str) -> None:
        super().__init__(
            f"{tenant[:80]!r} cannot be a tenant ({reason})", kept="nothing was changed", todo="choose another name"
        )
        self.tenant = tenant
        self.reason = reason


class InvalidEntryError(StorageError):
    """Writing this entry would make the Rust agents throw the whole file away."""

    code = "invalid_entry"

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(
            f"the entry {key[:80]!r} fits none of the three shapes ({reason})",
            kept="nothing was changed",
            todo="this is a fault of the program that wrote it; report it",
        )
        self.key = key
        self.reason = reason


def words_of(error: BaseException) -> str:
    """Return our own error in its words, and any other by its type: its text could quote anything."""
    return str(error) if isinstance(error, OpenabAuthError) else type(error).__name__
