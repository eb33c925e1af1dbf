"""Log coding agents in from Discord: one locked store, one refresh for a whole fleet, two steps for a person.

The names below are the public API. Each name is imported when a program first asks for it. So the command
`openab-auth token` answers in about the time that Python needs to start; `import asyncio` alone would double that.
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
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.oauth.tokens import AccessToken, TokenSource
    from openab_auth.storage import (
        AsyncStore,
        Draft,
        OpenabAuthError,
        Secret,
        StorageError,
        Store,
        StoreOptions,
        StoreSettingsError,
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
    "Runtime",
    "Secret",
    "StorageError",
    "Store",
    "StoreOptions",
    "StoreSettingsError",
    "StoreUnreadableError",
    "StoreUnwritableError",
    "TokenSource",
    "VendorMisconfiguredError",
    "VendorUnavailableError",
    "open_store",
]

# Where a name is defined; every other name is an error of `oauth`.
_ROOMS = {"AccessToken": "oauth.tokens", "TokenSource": "oauth.tokens", "Runtime": "oauth.runtime"}
_STORAGE = {
    "AsyncStore",
    "Draft",
    "OpenabAuthError",
    "Secret",
    "StorageError",
    "Store",
    "StoreOptions",
    "StoreSettingsError",
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

        room = _ROOMS.get(name, "storage" if name in _STORAGE else "oauth.errors")
        return getattr(import_module(f"{__name__}.{room}"), name)


def __dir__() -> list[str]:
    """List the public names, also the names that were not imported yet."""
    return sorted(__all__)
