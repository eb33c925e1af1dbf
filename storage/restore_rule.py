"""Decides what a store holds after a restore, and which of its refresh tokens may be spent.

A login of a backup may have been renewed since, and then the vendor has used up its refresh token. So these stay:

- a token of the store that the backup has, too;
- any other token of the same login. Its expiry says nothing: a vendor may give later tokens a shorter time. But a store
  never goes back to an older token by itself;
- a login that its person made after that of the backup;
- a login of the journal that came after that of the backup.

They do not stay if the vendor has ended them, or if an earlier restore brought them and nobody has adopted them. Every
other refresh token is that of the backup, and waits until an operator adopts it.

Every backend restores by this rule.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.contents import (
    Contents,
    has_lost_refresh_token,
    has_refresh_token,
    without_refresh_token,
)
from openab_auth.storage.entries import Entry, LoginEntry, PendingEntry, last_token
from openab_auth.storage.records import CLIENTS, FACTS, KINDS, NOTES, Note


class Restoring(NamedTuple):
    """The contents of the store after a restore, and the tenants of the logins that wait for an operator.

    `overtaken` are the tenants whose refresh token in the store is replaced or removed. No process may be refreshing
    them meanwhile.
    """

    contents: Contents
    waiting: frozenset[str]
    overtaken: tuple[str, ...]


def plan_restore(
    backup: Contents, store: Contents, journal: Mapping[str, Entry], doubtful: Collection[str] = ()
) -> Restoring:
    """Return what the store must hold; `journal` has the logins that came after those of the backup, by tenant.

    `doubtful` are the fingerprints of tokens that an earlier restore brought into the store and nobody has adopted.
    Pending logins of the backup are left out, because nobody can finish them. Those of the store stay.
    """
    entries: dict[str, Entry] = {key: held for key, held in store.entries.items() if isinstance(held, PendingEntry)}
    records = {kind.name: dict(backup.records[kind.name]) for kind in KINDS}
    records[NOTES.name] = {key: note._replace(waits=False) for key, note in backup.records[NOTES.name].items()}
    for key in entries:
        _keep_records(records, store, key)
    waiting: set[str] = set()
    for key, entry in backup.entries.items():
        if isinstance(entry, PendingEntry):
            continue
        notes = _Notes(_note(store, key), _note(backup, key), doubtful)
        held = store.entries.get(key)
        entries[key] = chosen = notes.choose(held, entry, journal.get(key))
        if chosen is held:
            _keep_records(records, store, key)
        is_doubtful = chosen is entry or last_token(chosen).fingerprint() in doubtful
        if is_doubtful and has_refresh_token(chosen):
            waiting.add(key)
    overtaken = [key for key in store.renewable if entries.get(key) != store.entries[key]]
    return Restoring(Contents(entries, records), frozenset(waiting), tuple(overtaken))


def write_contents(draft: Draft, restoring: Restoring, *, holding_back: bool) -> None:
    """Make the draft hold the planned contents.

    With `holding_back`, the waiting logins lose their refresh tokens here, and their notes say that they wait.
    """
    contents = restoring.contents
    for key in draft.keys() - contents.entries.keys():
        del draft[key]
    for key, entry in contents.entries.items():
        following = entry
        if holding_back and key in restoring.waiting and not isinstance(entry, PendingEntry):
            following = without_refresh_token(entry)
        if draft.get(key) != following:
            draft[key] = following
    for kind in KINDS:
        found, records = draft.records(kind), contents.records[kind.name]
        for key in found.keys() - records.keys():
            del found[key]
        found.update({key: record for key, record in records.items() if found.get(key) != record})
    if holding_back:
        for key in restoring.waiting:
            draft.notes[key] = (draft.notes.get(key) or Note())._replace(waits=True)


def adopt_waiting(draft: Draft, waiting: Mapping[str, Entry]) -> int:
    """Give the waiting logins their refresh tokens back, except where a person has logged in or out since.

    Return how many there were.
    """
    adopted = still_held_back(draft, waiting)
    for key, entry in adopted.items():
        draft[key] = entry
        if (note := draft.notes.get(key)) is not None:
            draft.notes[key] = note._replace(waits=False)
    return len(adopted)


def still_held_back(entries: Mapping[str, Entry], waiting: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the waiting logins that the store still holds without their refresh token."""
    return {key: entry for key, entry in waiting.items() if has_lost_refresh_token(entries.get(key), entry)}


def is_other_login(store: Contents, backup: Contents, key: str) -> bool:
    """Return whether the store says that its login is another one than that of the backup."""
    held, note = _note(store, key), _note(backup, key)
    if key not in backup.entries or held is None or held.generation is None:
        return False
    return note is None or note.generation != held.generation


class _Notes(NamedTuple):
    """Hold what is known about one login: its note in the store and in the backup, and which tokens are `doubtful`."""

    store: Note | None
    backup: Note | None
    doubtful: Collection[str]

    def choose(self, held: Entry | None, entry: LoginEntry, journaled: Entry | None) -> LoginEntry:
        """Return the login of the store, of the backup or of the journal."""
        newest = entry
        if isinstance(journaled, LoginEntry) and not self._is_useless(journaled):
            newest = journaled
        if isinstance(held, LoginEntry) and (
            last_token(held) in {last_token(entry), last_token(newest)} or self._is_later(held)
        ):
            return held
        return newest

    def _is_later(self, held: LoginEntry) -> bool:
        """Return whether this is a later token of the login of the backup, or a login that was made after it."""
        if self.store is None or self.store.generation is None or self.store.waits or self._is_useless(held):
            return False
        if self.backup is not None and self.backup.generation == self.store.generation:
            return has_refresh_token(held)
        before = None if self.backup is None else self.backup.logged_in_at
        return self.store.logged_in_at is not None and (before is None or self.store.logged_in_at > before)

    def _is_useless(self, login: LoginEntry) -> bool:
        """Return whether the vendor has ended this token, or it waits for its adoption."""
        mark = last_token(login).fingerprint()
        dead = None if self.store is None else self.store.dead
        return mark in self.doubtful or (dead is not None and not dead.doubtful and dead.fingerprint == mark)


def _note(contents: Contents, key: str) -> Note | None:
    found: Note | None = contents.records[NOTES.name].get(key)
    return found


def _keep_records(records: dict[str, dict[str, Any]], store: Contents, key: str) -> None:
    """Keep what the store says about this login: it belongs to the token that stays."""
    for kind in (NOTES, FACTS, CLIENTS):
        records[kind.name].pop(key, None)
        if (held := store.records[kind.name].get(key)) is not None:
            records[kind.name][key] = held
