"""Limit what accounts take in the store: people choose labels freely, so their number alone limits nothing.

Every commit writes all logins, and every agent reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.entries.login_entry import has_login
from openab_auth.oauth.errors import TooManyAccountsError
from openab_auth.oauth.vendors.account_labels import person_of, split_label
from openab_auth.storage.entries import CONSOLE, Entry, PendingEntry, Tenant, UserId
from openab_auth.storage.records.notes import Note

if TYPE_CHECKING:
    from openab_auth.storage.commit.draft import Draft

MOST_ACCOUNTS: Final = 50  # shared accounts with a label that one person may log in to
MOST_UNUSED: Final = 20  # clients of accounts that have neither a login nor a pending login
_PREFIXES: Final = ("mcp:", "vendor:")


def check_few_accounts(entries: Mapping[str, Entry], notes: Mapping[str, Note], tenant: Tenant, user: UserId) -> None:
    """Refuse a person's login to one more shared account with a label; the console has no limit.

    Raises:
        TooManyAccountsError: the person has made many such logins.
        StoreUnreadableError: the notes, which say who made which login, could not be read.
    """
    if user == CONSOLE or has_login(entries, tenant) or not _is_shared_label(tenant):
        return
    made = (key for key, note in notes.items() if note.logged_in_by == user and _is_shared_label(key))
    if sum(has_login(entries, Tenant(key)) for key in made) >= MOST_ACCOUNTS:
        raise TooManyAccountsError(MOST_ACCOUNTS)


def drop_unused_clients(draft: Draft, but: str) -> None:
    """Drop the oldest clients that were registered for an account with a label where nobody logs in; keep `but`.

    A person who comes back to such an account gets another client.
    """
    waiting = {
        split_label(key.rpartition(":")[0])[1] for key, entry in draft.items() if isinstance(entry, PendingEntry)
    }
    unused = [key for key in draft.clients if key != but and _is_unused(key, draft, waiting)]
    for key in unused[: max(0, len(unused) + 1 - MOST_UNUSED)]:
        del draft.clients[key]


def _is_unused(key: str, draft: Draft, waiting: set[str]) -> bool:
    """Return whether the client under `key`, of a server at an issuer or of a vendor, is for an account without use."""
    word = key.partition(" ")[0]
    label = split_label(word)[1]
    if not label or label in waiting:
        return False
    bare = next((word.removeprefix(prefix) for prefix in _PREFIXES if word.startswith(prefix)), word)
    return word not in draft and bare not in draft


def _is_shared_label(tenant: str) -> bool:
    label = split_label(tenant)[1]
    return bool(label) and person_of(label) is None
