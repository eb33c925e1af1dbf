"""Valid access tokens for agents, and the one refresh that all callers share.

The names below are what other rooms use. Each one is imported when a program first asks for it, so that the command
line imports little.
"""

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.entries import AccessToken
    from openab_auth.oauth.tokens.source import TokenSource

__all__ = [
    "AccessToken",
    "TokenSource",
]

_MODULES = {
    "AccessToken": "openab_auth.oauth.entries",
    "TokenSource": "openab_auth.oauth.tokens.source",
}

if not TYPE_CHECKING:  # otherwise a type checker would accept every name

    def __getattr__(name: str) -> object:
        """Import a name of this room from the module that defines it."""
        if name not in _MODULES:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 - only a program that asks for a name pays for it

        return getattr(import_module(_MODULES[name]), name)
