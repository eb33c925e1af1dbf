"""Valid access tokens for agents, and the one refresh that each of them shares.

The names below are what other rooms use. They are imported when a program first asks for them, because the command
line needs most of the time only a few modules.
"""

TYPE_CHECKING = False  # as in `openab_auth`: `import typing` costs more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.entries.access_token import AccessToken
    from openab_auth.oauth.tokens.source import TokenSource

__all__ = ["AccessToken", "TokenSource"]

if not TYPE_CHECKING:  # else a type checker would accept every name

    def __getattr__(name: str) -> object:
        """Import a name of this room from the module that defines it."""
        if name == "AccessToken":
            from openab_auth.oauth.entries.access_token import AccessToken  # noqa: PLC0415 - see above

            return AccessToken
        if name == "TokenSource":
            from openab_auth.oauth.tokens.source import TokenSource  # noqa: PLC0415 - see above

            return TokenSource
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
