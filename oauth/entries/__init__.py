"""Rules for the data of a login in the store: its entry, its note, its pending login, its index and its lease.

The names below are what other rooms use. Each one is imported when a program first asks for it, so that the command
line imports little.
"""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.entries.access_token import AccessToken
    from openab_auth.oauth.entries.backoff import configuration_hash
    from openab_auth.oauth.entries.entry_index import EntryIndex, build_index
    from openab_auth.oauth.entries.generation import (
        GENERATION_DIGITS,
        generation_of,
        generation_of_pending,
        generation_together,
    )
    from openab_auth.oauth.entries.indexed_store import IndexedStore
    from openab_auth.oauth.entries.lease import hold_lease, rechecks
    from openab_auth.oauth.entries.login_entry import (
        REFRESH_DEADLINE,
        SKEW,
        dead_token,
        end_rejected,
        read_login,
        renewed_entry,
        renewed_note,
    )
    from openab_auth.oauth.entries.pending_entry import PendingLogin
    from openab_auth.oauth.entries.pending_logins import PendingLogins
    from openab_auth.oauth.entries.recorded_facts import record_facts
    from openab_auth.oauth.entries.unsaved import UnsavedLogins
    from openab_auth.oauth.entries.unsaved_login import OvertakenError, UnsavedLogin, UnsavedRenewal

__all__ = [
    "GENERATION_DIGITS",
    "REFRESH_DEADLINE",
    "SKEW",
    "AccessToken",
    "EntryIndex",
    "IndexedStore",
    "OvertakenError",
    "PendingLogin",
    "PendingLogins",
    "UnsavedLogin",
    "UnsavedLogins",
    "UnsavedRenewal",
    "build_index",
    "configuration_hash",
    "dead_token",
    "end_rejected",
    "generation_of",
    "generation_of_pending",
    "generation_together",
    "hold_lease",
    "read_login",
    "rechecks",
    "record_facts",
    "renewed_entry",
    "renewed_note",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "AccessToken": "access_token",
            "EntryIndex": "entry_index",
            "GENERATION_DIGITS": "generation",
            "IndexedStore": "indexed_store",
            "OvertakenError": "unsaved_login",
            "PendingLogin": "pending_entry",
            "PendingLogins": "pending_logins",
            "REFRESH_DEADLINE": "login_entry",
            "SKEW": "login_entry",
            "UnsavedLogin": "unsaved_login",
            "UnsavedLogins": "unsaved",
            "UnsavedRenewal": "unsaved_login",
            "build_index": "entry_index",
            "configuration_hash": "backoff",
            "dead_token": "login_entry",
            "end_rejected": "login_entry",
            "generation_of": "generation",
            "generation_of_pending": "generation",
            "generation_together": "generation",
            "hold_lease": "lease",
            "read_login": "login_entry",
            "rechecks": "lease",
            "record_facts": "recorded_facts",
            "renewed_entry": "login_entry",
            "renewed_note": "login_entry",
        },
    )
