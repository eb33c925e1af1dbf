"""Runs mutations on entries, notes and clients, in memory: what every backend does inside its locked section."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from storage import codec, sweep
from storage.clients import Client
from storage.draft import Draft
from storage.entries import Entry, PendingEntry
from storage.notes import Note
from storage.store import Done, Failed, Mutation
from storage.tenants import sidecar_name


@dataclass(frozen=True, slots=True)
class Batch:
    """The entries and notes after the mutations, and each mutation's own outcome.

    `checked` holds what was written, with its text; `clients` is None while nobody asked for them.
    """

    entries: dict[str, Entry]
    notes: dict[str, Note]
    outcomes: list[Done[Any] | Failed] = field(default_factory=list)
    checked: dict[str, tuple[Entry, str]] = field(default_factory=dict)
    clients: dict[str, Client] | None = None

    @property
    def all_failed(self) -> bool:
        """Whether nothing was asked for that could be done."""
        return bool(self.outcomes) and all(isinstance(outcome, Failed) for outcome in self.outcomes)


def run(  # noqa: PLR0913 -- one for each thing that a backend keeps
    mutations: Sequence[Mutation[Any]],
    entries: Mapping[str, Entry],
    notes: Mapping[str, Note],
    load_clients: Callable[[], Mapping[str, Client]],
    *,
    file: str,
    now: float,
) -> Batch:
    """Run them in order, each on what the ones before it left; then sweep, and drop notes without a login."""
    batch = Batch(dict(entries), dict(notes))
    loaded: list[dict[str, Client]] = []

    def clients() -> dict[str, Client]:
        if not loaded:
            loaded.append(dict(load_clients()))
        return loaded[0]

    for mutate in mutations:
        batch.outcomes.append(_run_one(mutate, batch, clients, file))
    for key in sweep.stale(batch.entries, now):
        del batch.entries[key]
    for tenant in [tenant for tenant in batch.notes if tenant not in batch.entries]:
        del batch.notes[tenant]
    return replace(batch, clients=clients()) if loaded else batch


def _run_one(
    mutate: Mutation[Any], batch: Batch, clients: Callable[[], dict[str, Client]], file: str
) -> Done[Any] | Failed:
    draft = Draft(batch.entries, batch.notes, clients)
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
    draft.apply_clients()
    return Done(value)
