"""Runs mutations on entries and what lies beside them, in memory: what every backend does in its locked section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from storage import codec, sweep
from storage.clients import Client
from storage.draft import Draft, Lazy
from storage.entries import Entry, PendingEntry
from storage.notes import Note
from storage.servers import AddedServer
from storage.store import Done, Failed, Mutation
from storage.tenants import sidecar_name


@dataclass(frozen=True, slots=True)
class Batch:
    """The entries and notes after the mutations, and each mutation's own outcome; `checked` is what was written.

    `of_servers` are the places among the outcomes of those that changed the added servers.
    """

    entries: dict[str, Entry]
    notes: dict[str, Note]
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


def run(  # noqa: PLR0913 -- one for each thing that a backend keeps
    mutations: Sequence[Mutation[Any]],
    entries: Mapping[str, Entry],
    notes: Mapping[str, Note],
    clients: Lazy[Client],
    servers: Lazy[AddedServer],
    *,
    file: str,
    now: float,
) -> Batch:
    """Run them in order, each on what the ones before it left; then sweep, and drop notes without a login.

    What they do to `clients` and `servers` is in those afterwards.
    """
    batch = Batch(dict(entries), dict(notes))
    for mutate in mutations:
        draft = Draft(batch.entries, batch.notes, clients, servers)
        batch.outcomes.append(_run_one(mutate, draft, batch, file))
    for key in sweep.stale(batch.entries, now):
        del batch.entries[key]
    for tenant in [tenant for tenant in batch.notes if tenant not in batch.entries]:
        del batch.notes[tenant]
    return batch


def _run_one(mutate: Mutation[Any], draft: Draft, batch: Batch, file: str) -> Done[Any] | Failed:
    try:
        value = mutate(draft)
        checked = {key: (entry, codec.check(key, entry)) for key, entry in draft.written.items()}
        for key, entry in draft.written.items():
            if not isinstance(entry, PendingEntry):
                sidecar_name(file, key)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is this mutation's own outcome
        return Failed(error)
    batch.checked.update(checked)
    draft.apply_to(batch.entries)
    draft.notes.apply_to(batch.notes)
    if draft.changes_servers:
        batch.of_servers.append(len(batch.outcomes))
    draft.apply_beside()
    return Done(value)
