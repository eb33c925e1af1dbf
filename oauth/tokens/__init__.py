"""Valid access tokens for agents, and the one refresh that all callers share.

The names below are what other rooms use. Each one is imported when a program first asks for it, so that the command
line imports little.
"""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.entries import AccessToken
    from openab_auth.oauth.tokens.source import TokenSource

__all__ = [
    "AccessToken",
    "TokenSource",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "AccessToken": "source",
            "TokenSource": "source",
        },
    )
