"""Entries and records of logins, and the locked store that every agent process reads."""

from typing import TYPE_CHECKING, Any

from openab_auth.storage.draft import Draft
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
from openab_auth.storage.file.store import FileStore
from openab_auth.storage.open import open_store
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.records.notes import DeadToken, Note, RefreshAttempt
from openab_auth.storage.records.servers import AddedServer
from openab_auth.storage.secret import Secret
from openab_auth.storage.store import Done, Failed, Lease, Mutation, Problem, Store

if TYPE_CHECKING:
    from openab_auth.storage.async_store import AsyncStore
    from openab_auth.storage.memory import MemoryStore

__all__ = [
    "CONSOLE",
    "NEVER",
    "PENDING_LIFETIME",
    "AddedServer",
    "AsyncStore",
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
    "Lease",
    "LoginEntry",
    "McpEntry",
    "MemoryStore",
    "Mutation",
    "Note",
    "OpenabAuthError",
    "PendingEntry",
    "Problem",
    "RefreshAttempt",
    "Secret",
    "ServersUnwrittenError",
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


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- each name has its own type
    """Import a name that few programs need on its first use; asyncio alone costs more than a whole read."""
    if name == "AsyncStore":
        from openab_auth.storage.async_store import AsyncStore  # noqa: PLC0415

        return AsyncStore
    if name == "MemoryStore":
        from openab_auth.storage.memory import MemoryStore  # noqa: PLC0415

        return MemoryStore
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
