"""Entries and records of logins, and the locked store that every agent process reads.

These names are for the other floors. Each name is imported on its first use: `openab-auth token` needs only
`storage.format.json_text`, and `import asyncio` costs more than a whole read of the store.
"""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.storage.async_store import AsyncStore
    from openab_auth.storage.commit.draft import Draft, LazyRecords
    from openab_auth.storage.commit.mutation import Done, Failed, Mutation
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
    from openab_auth.storage.file import FileReader, FileStore
    from openab_auth.storage.format import check_tenant
    from openab_auth.storage.memory import MemoryStore
    from openab_auth.storage.open import open_reader, open_store
    from openab_auth.storage.reader import Problem, StoreReader
    from openab_auth.storage.records import (
        CLIENTS,
        FACTS,
        NOTES,
        SERVERS,
        AddedServer,
        Begun,
        ClientRecord,
        DeadToken,
        LoginFacts,
        Note,
        RecordKind,
        RefreshAttempt,
        Subject,
    )
    from openab_auth.storage.secret import Secret
    from openab_auth.storage.spill_rule import comes_after
    from openab_auth.storage.store import Lease, Store
    from openab_auth.storage.worker_thread import in_thread

__all__ = [
    "CLIENTS",
    "CONSOLE",
    "FACTS",
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
    "FileReader",
    "FileStore",
    "InvalidEntryError",
    "InvalidTenantError",
    "Json",
    "LazyRecords",
    "Lease",
    "LoginEntry",
    "LoginFacts",
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
    "StoreReader",
    "StoreUnreadableError",
    "StoreUnwritableError",
    "Subject",
    "Tenant",
    "TokenEntry",
    "UserId",
    "check_tenant",
    "comes_after",
    "in_thread",
    "open_reader",
    "open_store",
    "pending_key",
]

_MODULES = {
    "AddedServer": "records",
    "AsyncStore": "async_store",
    "Begun": "records",
    "CLIENTS": "records",
    "CONSOLE": "entries",
    "ClientRecord": "records",
    "DeadToken": "records",
    "Done": "commit.mutation",
    "Draft": "commit.draft",
    "Entry": "entries",
    "FACTS": "records",
    "Failed": "commit.mutation",
    "FileReader": "file",
    "FileStore": "file",
    "InvalidEntryError": "errors",
    "InvalidTenantError": "errors",
    "Json": "entries",
    "LazyRecords": "commit.draft",
    "Lease": "store",
    "LoginEntry": "entries",
    "LoginFacts": "records",
    "McpEntry": "entries",
    "MemoryStore": "memory",
    "Mutation": "commit.mutation",
    "NEVER": "entries",
    "NOTES": "records",
    "Note": "records",
    "OpenabAuthError": "errors",
    "PENDING_LIFETIME": "entries",
    "PendingEntry": "entries",
    "Problem": "reader",
    "RecordKind": "records",
    "RefreshAttempt": "records",
    "SERVERS": "records",
    "Secret": "secret",
    "ServersUnwrittenError": "errors",
    "StorageError": "errors",
    "Store": "store",
    "StoreBusyError": "errors",
    "StoreReader": "reader",
    "StoreUnreadableError": "errors",
    "StoreUnwritableError": "errors",
    "Subject": "records",
    "Tenant": "entries",
    "TokenEntry": "entries",
    "UserId": "entries",
    "check_tenant": "format",
    "comes_after": "spill_rule",
    "in_thread": "worker_thread",
    "open_reader": "open",
    "open_store": "open",
    "pending_key": "entries",
}


if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(__name__, _MODULES)


def __dir__() -> list[str]:
    """List the public names, also the names that were not imported yet."""
    return sorted(__all__)
