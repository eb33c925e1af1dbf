"""Decides what a store holds after a restore, and which of its refresh tokens may be spent.

A login of a backup may have been renewed since, and then the vendor has used up its refresh token. A refresh token is
certainly not older than the store's own if the store still holds the same one. If the store or its journal holds a
later token of the same login, that one stays. Every other refresh token waits until an operator adopts it.

Every backend restores by this rule.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def plan_restore(backup: Contents, store: Contents, journal: Mapping[str, Entry]) -> Restoring:
    """Return what the store must hold; `journal` has the logins that came after those of the backup, by tenant.

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
        held = store.entries.get(key)
        if isinstance(held, LoginEntry) and _is_as_new(held, entry, _note(store, key), _note(backup, key)):
            entries[key] = held
            _keep_records(records, store, key)
        else:
            entries[key] = journal.get(key, entry)
            if entries[key] is entry and has_refresh_token(entry):
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


def _is_as_new(held: LoginEntry, entry: LoginEntry, held_note: Note | None, note: Note | None) -> bool:
    """Return whether the store holds this very token, or a later one of the same login."""
    if last_token(held) == last_token(entry):
        return True
    is_same_login = note is not None and held_note is not None and note.generation == held_note.generation is not None
    return is_same_login and has_refresh_token(held) and held.expires_at >= entry.expires_at


def _note(contents: Contents, key: str) -> Note | None:
    found: Note | None = contents.records[NOTES.name].get(key)
    return found


def _keep_records(records: dict[str, dict[str, Any]], store: Contents, key: str) -> None:
    """Keep what the store says about this login: it belongs to the token that stays."""
    for kind in (NOTES, FACTS, CLIENTS):
        records[kind.name].pop(key, None)
        if (held := store.records[kind.name].get(key)) is not None:
            records[kind.name][key] = held
