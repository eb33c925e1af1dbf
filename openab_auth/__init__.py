"""Log coding agents in from Discord: one locked store, one refresh for a whole fleet, two steps for a person.

The names below are the public API. Each one is imported when a program first asks for it: the command
`openab-auth token` answers in about the time that Python needs to start, and `import asyncio` alone would double that.
"""

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.errors import (
        LoginDeadError,
        NotLoggedInError,
        OAuthError,
        RefreshBusyError,
        VendorMisconfiguredError,
        VendorUnavailableError,
    )
    from openab_auth.oauth.tokens import AccessToken, TokenSource
    from openab_auth.storage import (
        AsyncStore,
        Draft,
        OpenabAuthError,
        Secret,
        StorageError,
        Store,
        StoreUnreadableError,
        StoreUnwritableError,
        open_store,
    )

__all__ = [
    "AccessToken",
    "AsyncStore",
    "Draft",
    "LoginDeadError",
    "NotLoggedInError",
    "OAuthError",
    "OpenabAuthError",
    "RefreshBusyError",
    "Secret",
    "StorageError",
    "Store",
    "StoreUnreadableError",
    "StoreUnwritableError",
    "TokenSource",
    "VendorMisconfiguredError",
    "VendorUnavailableError",
    "open_store",
]

_TOKENS = {"AccessToken", "TokenSource"}
_STORAGE = {
    "AsyncStore",
    "Draft",
    "OpenabAuthError",
    "Secret",
    "StorageError",
    "Store",
    "StoreUnreadableError",
    "StoreUnwritableError",
    "open_store",
}


if not TYPE_CHECKING:  # else a type checker would accept every name

    def __getattr__(name: str) -> object:
        """Import a public name from the room where it is defined."""
        if name not in __all__:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 - only a program that asks for a name pays for it

        room = "oauth.tokens" if name in _TOKENS else "storage" if name in _STORAGE else "oauth.errors"
        return getattr(import_module(f"{__name__}.{room}"), name)


def __dir__() -> list[str]:
    """List the public names, also those that nobody has asked for yet."""
    return sorted(__all__)
