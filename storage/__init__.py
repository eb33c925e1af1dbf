"""The credential file that every agent process reads, and its two locks.

Each name is imported when a program first asks for it: `openab-auth token` needs `storage.format.json_text` alone, and
`import asyncio` takes longer than a whole read of the file.
"""

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.storage.async_store import AsyncStore
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
    from openab_auth.storage.memory import MemoryStore
    from openab_auth.storage.open import open_store
    from openab_auth.storage.records.clients import ClientRecord
    from openab_auth.storage.records.notes import DeadToken, Note, RefreshAttempt
    from openab_auth.storage.records.servers import AddedServer
    from openab_auth.storage.secret import Secret
    from openab_auth.storage.store import Done, Failed, Mutation, Problem, RefreshLock, Store

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
    "LoginEntry",
    "McpEntry",
    "MemoryStore",
    "Mutation",
    "Note",
    "OpenabAuthError",
    "PendingEntry",
    "Problem",
    "RefreshAttempt",
    "RefreshLock",
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

_MODULES = {
    "AddedServer": "records.servers",
    "AsyncStore": "async_store",
    "CONSOLE": "entries",
    "ClientRecord": "records.clients",
    "DeadToken": "records.notes",
    "Done": "store",
    "Draft": "draft",
    "Entry": "entries",
    "Failed": "store",
    "FileStore": "file.store",
    "InvalidEntryError": "errors",
    "InvalidTenantError": "errors",
    "Json": "entries",
    "LoginEntry": "entries",
    "McpEntry": "entries",
    "MemoryStore": "memory",
    "Mutation": "store",
    "NEVER": "entries",
    "Note": "records.notes",
    "OpenabAuthError": "errors",
    "PENDING_LIFETIME": "entries",
    "PendingEntry": "entries",
    "Problem": "store",
    "RefreshAttempt": "records.notes",
    "RefreshLock": "store",
    "Secret": "secret",
    "ServersUnwrittenError": "errors",
    "StorageError": "errors",
    "Store": "store",
    "StoreBusyError": "errors",
    "StoreUnreadableError": "errors",
    "StoreUnwritableError": "errors",
    "Tenant": "entries",
    "TokenEntry": "entries",
    "UserId": "entries",
    "open_store": "open",
    "pending_key": "entries",
}


if not TYPE_CHECKING:  # else a type checker would accept every name

    def __getattr__(name: str) -> object:
        """Import a public name from the module where it is defined."""
        if name not in _MODULES:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 - only a program that asks for a name pays for it

        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, also those that nobody has asked for yet."""
    return sorted(__all__)
