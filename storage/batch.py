"""Runs mutations on entries and what lies beside them, in memory: what every backend does in its locked section."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openab_auth.storage import stale_pending
from openab_auth.storage.draft import Draft, LazyRecords
from openab_auth.storage.entries import Entry, PendingEntry
from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.format import codec
from openab_auth.storage.format.keys import sidecar_name
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.records.notes import Note
from openab_auth.storage.records.servers import AddedServer
from openab_auth.storage.store import Done, Failed, Mutation


@dataclass(slots=True)
class Batch:
    """The entries after the mutations, and each mutation's own outcome; `checked` is what was written.

    `of_servers` are the places among the outcomes of those that changed the added servers.
    """

    entries: dict[str, Entry]
    outcomes: list[Done[Any] | Failed] = field(default_factory=list)
    checked: dict[str, tuple[Entry, str]] = field(default_factory=dict)  # with its text
    of_servers: list[int] = field(default_factory=list)

    @property
    def all_failed(self) -> bool:
        """Whether nothing was asked for that could be done."""
        return bool(self.outcomes) and all(isinstance(outcome, Failed) for outcome in self.outcomes)

    def fail_servers(self, error: Exception) -> None:
        """What was changed of the added servers could not be kept: that is the outcome for who changed them."""
        for place in self.of_servers:
            self.outcomes[place] = Failed(error)


@dataclass(slots=True)
class Records:
    """What lies beside the entries; the mutations change it in place."""

    notes: LazyRecords[Note]
    clients: LazyRecords[ClientRecord]
    servers: LazyRecords[AddedServer]

    def check(self, draft: Draft) -> None:
        """Prove that what the draft changed beside the entries can be changed.

        Only notes may be lost: a login is kept without its note where the notes cannot be read.

        Raises:
            StoreUnreadableError: the file of a changed record is there but could not be read.
        """
        if draft.clients.changes:
            _ = self.clients.records
        if draft.servers.changes:
            _ = self.servers.records
        if draft.notes.changes and not (draft.changes or draft.clients.changes or draft.servers.changes):
            _ = self.notes.records

    def apply(self, draft: Draft) -> None:
        """Take over what the draft changed; `check` has been called."""
        if draft.clients.changes:
            draft.clients.apply_to(self.clients.records)
        if draft.servers.changes:
            draft.servers.apply_to(self.servers.records)
        if draft.notes.changes:
            with contextlib.suppress(StoreUnreadableError):
                draft.notes.apply_to(self.notes.records)

    def drop_notes_without_login(self, entries: Mapping[str, Entry]) -> None:
        """Drop the notes of logins that are gone; notes that cannot be read stay as they are."""
        if not self.notes.loaded and not self.notes.there():
            return
        with contextlib.suppress(StoreUnreadableError):
            for tenant in self.notes.records.keys() - entries.keys():
                del self.notes.records[tenant]


def run(
    mutations: Sequence[Mutation[Any]], entries: Mapping[str, Entry], beside: Records, *, file: str, now: float
) -> Batch:
    """Run them in order, each on what the ones before it left; then sweep, and drop notes without a login."""
    batch = Batch(dict(entries))
    for mutate in mutations:
        draft = Draft(batch.entries, beside.notes, beside.clients, beside.servers)
        batch.outcomes.append(_run_one(mutate, draft, batch, beside, file))
    for key in stale_pending.stale(batch.entries, now):
        del batch.entries[key]
    beside.drop_notes_without_login(batch.entries)
    return batch


def _run_one(mutate: Mutation[Any], draft: Draft, batch: Batch, beside: Records, file: str) -> Done[Any] | Failed:
    try:
        value = mutate(draft)
        checked = {key: (entry, codec.check(key, entry)) for key, entry in draft.written.items()}
        for key, entry in draft.written.items():
            if not isinstance(entry, PendingEntry):
                sidecar_name(file, key)
        if draft.asked_beside:
            beside.check(draft)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is this mutation's own outcome
        return Failed(error)
    batch.checked.update(checked)
    draft.apply_to(batch.entries)
    if draft.asked_beside:
        if draft.servers.changes:
            batch.of_servers.append(len(batch.outcomes))
        beside.apply(draft)
    return Done(value)
