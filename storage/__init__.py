"""Entries and records of logins, and the locked store that every agent process reads.

These names are for the other floors. Some are imported on their first use, because they need asyncio, which costs more
than a whole read of the store.
"""

from typing import TYPE_CHECKING

from openab_auth.storage.draft import Draft, LazyRecords
from openab_auth.storage.entries import (
    CONSOLE,
    NEVER,
    PENDING_LIFETIME,
    Entry,
    Json,
    LoginEntry,
    McpEntry,
    PendingEntry,
    Tenant,
    TokenEntry,
    UserId,
    pending_key,
)
from openab_auth.storage.errors import (
    InvalidEntryError,
    InvalidTenantError,
    OpenabAuthError,
    ServersUnwrittenError,
    StorageError,
    StoreBusyError,
    StoreUnreadableError,
    StoreUnwritableError,
)
from openab_auth.storage.file import FileStore
from openab_auth.storage.format import check_tenant
from openab_auth.storage.open import open_store
from openab_auth.storage.records import (
    CLIENTS,
    NOTES,
    SERVERS,
    AddedServer,
    Begun,
    ClientRecord,
    DeadToken,
    Note,
    RecordKind,
    RefreshAttempt,
    Subject,
)
from openab_auth.storage.secret import Secret
from openab_auth.storage.spill_rule import comes_after
from openab_auth.storage.store import Done, Failed, Lease, Mutation, Problem, Store

if TYPE_CHECKING:
    from openab_auth.storage.async_store import AsyncStore
    from openab_auth.storage.memory import MemoryStore
    from openab_auth.storage.worker_thread import in_thread

__all__ = [
    "CLIENTS",
    "CONSOLE",
    "NEVER",
    "NOTES",
    "PENDING_LIFETIME",
    "SERVERS",
    "AddedServer",
    "AsyncStore",
    "Begun",
    "ClientRecord",
    "DeadToken",
    "Done",
    "Draft",
    "Entry",
    "Failed",
    "FileStore",
    "InvalidEntryError",
    "InvalidTenantError",
    "Json",
    "LazyRecords",
    "Lease",
    "LoginEntry",
    "McpEntry",
    "MemoryStore",
    "Mutation",
    "Note",
    "OpenabAuthError",
    "PendingEntry",
    "Problem",
    "RecordKind",
    "RefreshAttempt",
    "Secret",
    "ServersUnwrittenError",
    "StorageError",
    "Store",
    "StoreBusyError",
    "StoreUnreadableError",
    "StoreUnwritableError",
    "Subject",
    "Tenant",
    "TokenEntry",
    "UserId",
    "check_tenant",
    "comes_after",
    "in_thread",
    "open_store",
    "pending_key",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    _ON_FIRST_USE = {"AsyncStore": "async_store", "MemoryStore": "memory", "in_thread": "worker_thread"}

    def __getattr__(name: str) -> object:
        """Import a name of `_ON_FIRST_USE`."""
        if name not in _ON_FIRST_USE:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 -- few programs need one of these names

        return getattr(import_module(f"{__name__}.{_ON_FIRST_USE[name]}"), name)
