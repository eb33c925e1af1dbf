"""What the store holds about a login: its entry, its note, its pending login, its index and its lease.

The names below are what other rooms use. Each one is imported when a program first asks for it, so that the command
line imports little.
"""

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.entries.access_token import AccessToken
    from openab_auth.oauth.entries.backoff import configuration_hash
    from openab_auth.oauth.entries.entry_index import EntryIndex, build_index
    from openab_auth.oauth.entries.generation import GENERATION_DIGITS, generation_of, generation_of_pending
    from openab_auth.oauth.entries.indexed_store import IndexedStore
    from openab_auth.oauth.entries.lease import hold_lease, rechecks
    from openab_auth.oauth.entries.login_entry import (
        REFRESH_DEADLINE,
        SKEW,
        dead_token,
        read_login,
        renewed_entry,
        renewed_note,
    )
    from openab_auth.oauth.entries.pending_entry import PendingLogin
    from openab_auth.oauth.entries.pending_logins import PendingLogins
    from openab_auth.oauth.entries.unsaved import UnsavedLogin, UnsavedLogins, UnsavedRenewal

__all__ = [
    "GENERATION_DIGITS",
    "REFRESH_DEADLINE",
    "SKEW",
    "AccessToken",
    "EntryIndex",
    "IndexedStore",
    "PendingLogin",
    "PendingLogins",
    "UnsavedLogin",
    "UnsavedLogins",
    "UnsavedRenewal",
    "build_index",
    "configuration_hash",
    "dead_token",
    "generation_of",
    "generation_of_pending",
    "hold_lease",
    "read_login",
    "rechecks",
    "renewed_entry",
    "renewed_note",
]

_MODULES = {
    "AccessToken": "openab_auth.oauth.entries.access_token",
    "EntryIndex": "openab_auth.oauth.entries.entry_index",
    "GENERATION_DIGITS": "openab_auth.oauth.entries.generation",
    "IndexedStore": "openab_auth.oauth.entries.indexed_store",
    "PendingLogin": "openab_auth.oauth.entries.pending_entry",
    "PendingLogins": "openab_auth.oauth.entries.pending_logins",
    "REFRESH_DEADLINE": "openab_auth.oauth.entries.login_entry",
    "SKEW": "openab_auth.oauth.entries.login_entry",
    "UnsavedLogin": "openab_auth.oauth.entries.unsaved",
    "UnsavedLogins": "openab_auth.oauth.entries.unsaved",
    "UnsavedRenewal": "openab_auth.oauth.entries.unsaved",
    "build_index": "openab_auth.oauth.entries.entry_index",
    "configuration_hash": "openab_auth.oauth.entries.backoff",
    "dead_token": "openab_auth.oauth.entries.login_entry",
    "generation_of": "openab_auth.oauth.entries.generation",
    "generation_of_pending": "openab_auth.oauth.entries.generation",
    "hold_lease": "openab_auth.oauth.entries.lease",
    "read_login": "openab_auth.oauth.entries.login_entry",
    "rechecks": "openab_auth.oauth.entries.lease",
    "renewed_entry": "openab_auth.oauth.entries.login_entry",
    "renewed_note": "openab_auth.oauth.entries.login_entry",
}

if not TYPE_CHECKING:  # otherwise a type checker would accept every name

    def __getattr__(name: str) -> object:
        """Import a name of this room from the module that defines it."""
        if name not in _MODULES:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 - only a program that asks for a name pays for it

        return getattr(import_module(_MODULES[name]), name)
