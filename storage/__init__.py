"""The credential file that every agent process reads, and its two locks."""

from storage.entries import (
    CONSOLE,
    NEVER,
    PENDING_LIFETIME,
    Entry,
    McpEntry,
    PendingEntry,
    Tenant,
    TokenEntry,
    UserId,
    pending_key,
)
from storage.errors import (
    InvalidEntryError,
    InvalidTenantError,
    OpenabAuthError,
    StorageError,
    StoreBusyError,
    StoreUnreadableError,
    StoreUnwritableError,
)
from storage.face import AsyncStore
from storage.filestore import FileStore
from storage.memory import MemoryStore
from storage.notes import DeadToken, Note
from storage.opening import open_store
from storage.secret import Secret
from storage.store import Problem, RefreshLock, Store

__all__ = [
    "CONSOLE",
    "NEVER",
    "PENDING_LIFETIME",
    "AsyncStore",
    "DeadToken",
    "Entry",
    "FileStore",
    "InvalidEntryError",
    "InvalidTenantError",
    "McpEntry",
    "MemoryStore",
    "Note",
    "OpenabAuthError",
    "PendingEntry",
    "Problem",
    "RefreshLock",
    "Secret",
    "StorageError",
    "Store",
    "StoreBusyError",
    "StoreUnreadableError",
    "StoreUnwritableError",
    "Tenant",
    "TokenEntry",
    "UserId",
    "open_store",
    "pending_key",
]
