"""An index of one version of the store, so that no keystroke walks through all entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from openab_auth.oauth.entries.pending_entry import PendingLogin, read_pending
from openab_auth.storage.entries import Entry, PendingEntry, Tenant, UserId

PendingPairs: TypeAlias = tuple[tuple[PendingLogin, PendingEntry], ...]


class EntryIndex(NamedTuple):
    """The entries of the store: the sorted keys of logins and clients, and the pending logins of each person."""

    entries: Mapping[str, Entry]
    tenants: tuple[Tenant, ...]
    pending: Mapping[UserId, PendingPairs]

    def of(self, user: UserId, now: float) -> list[tuple[PendingLogin, PendingEntry]]:
        """Return the pending logins of one person that can still be finished."""
        return [pair for pair in self.pending.get(user, ()) if now < pair[0].expires_at]

    def all(self, now: float) -> list[PendingLogin]:
        """Return the pending logins of everybody that can still be finished."""
        return [login for pending in self.pending.values() for login, _ in pending if now < login.expires_at]


def build_index(entries: Mapping[str, Entry], last: EntryIndex | None = None) -> EntryIndex:
    """Index the entries; return `last` when it has the same ones."""
    if last is not None and entries == last.entries:
        return last
    pending: dict[UserId, list[tuple[PendingLogin, PendingEntry]]] = {}
    tenants = []
    for key, entry in entries.items():
        if not isinstance(entry, PendingEntry):
            tenants.append(Tenant(key))
        elif login := read_pending(key, entry):
            pending.setdefault(login.user, []).append((login, entry))
    return EntryIndex(entries, tuple(sorted(tenants)), {user: tuple(found) for user, found in pending.items()})
