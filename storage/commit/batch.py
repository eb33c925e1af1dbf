"""Runs mutations on entries and records in memory; every backend does this inside its locked section."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from openab_auth.storage.commit import stale_pending
from openab_auth.storage.commit.draft import Draft, Overlay
from openab_auth.storage.commit.mutation import Done, Failed, Mutation
from openab_auth.storage.entries import Entry, PendingEntry
from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.format import codec
from openab_auth.storage.format.keys import check_tenant
from openab_auth.storage.records import FACTS, KINDS, NOTES, SERVERS, RecordKind

R = TypeVar("R")
_MAY_BE_LOST: Final = frozenset(kind.name for kind in KINDS if kind.may_be_lost)


@dataclass(slots=True)
class Batch:
    """The entries with the changes of all mutations, and the outcome of each mutation.

    `checked` has every written entry with its text. `server_changes` are the indexes in `outcomes` of the mutations
    that changed added servers.
    """

    entries: Overlay[Entry]
    outcomes: list[Done[Any] | Failed] = field(default_factory=list)
    checked: dict[str, tuple[Entry, str]] = field(default_factory=dict)
    server_changes: list[int] = field(default_factory=list)

    @property
    def all_failed(self) -> bool:
        """Return whether there were mutations and every one of them failed."""
        return bool(self.outcomes) and all(isinstance(outcome, Failed) for outcome in self.outcomes)

    def fail_servers(self, error: Exception) -> None:
        """Mark every mutation that changed added servers as failed."""
        for index in self.server_changes:
            self.outcomes[index] = Failed(error)


class Records:
    """The records of every kind, with the changes of the mutations over them.

    `below` returns the records of a kind, which are loaded when a mutation reads them. `may_lack_login` returns the
    keys of notes or facts that may have no login after the mutations, beside those of the logins that they ended.
    """

    def __init__(
        self,
        below: Callable[[RecordKind[Any]], Mapping[str, Any]],
        may_lack_login: Callable[[Overlay[Any]], Collection[str]] = list,
    ) -> None:
        self.by_name = {kind.name: Overlay(below(kind)) for kind in KINDS}
        self._may_lack_login = may_lack_login

    def of(self, kind: RecordKind[R]) -> Overlay[R]:
        """Return the records of one kind."""
        return self.by_name[kind.name]

    def check(self, draft: Draft) -> None:
        """Prove that the records which the draft changes can be read.

        A login is committed without those that may be lost if they cannot be read; but if a mutation changes only
        notes, these must be readable.

        Raises:
            StoreUnreadableError: a changed record is there but could not be read.
        """
        changed = draft.changed_records
        needed = [name for name in changed if name not in _MAY_BE_LOST]
        if NOTES.name in changed and not (draft.changes or needed):
            needed = [NOTES.name]
        for name in needed:
            self._read(name, changed[name])

    def apply(self, draft: Draft) -> None:
        """Take over the changed records of the draft; call `check` first."""
        for name, changes in draft.changed_records.items():
            with contextlib.suppress(*((StoreUnreadableError,) if name in _MAY_BE_LOST else ())):
                self._read(name, changes)
                changes.apply_to(self.by_name[name])

    def drop_without_login(self, entries: Overlay[Entry]) -> None:
        """Drop the notes and the facts of logins that no longer exist; leave alone what cannot be read."""
        for kind in (NOTES, FACTS):
            records = self.by_name[kind.name]
            with contextlib.suppress(StoreUnreadableError):
                for key in {*self._may_lack_login(records), *entries.deleted}:
                    if key not in entries:
                        records.pop(key, None)

    def _read(self, name: str, changes: Overlay[Any]) -> None:
        for key in (*changes.written, *changes.deleted):
            self.by_name[name].get(key)


def run(  # noqa: PLR0913 - what a backend decides
    mutations: Sequence[Mutation[Any]],
    entries: Overlay[Entry],
    records: Records,
    *,
    now: float,
    check_name: Callable[[str], object] = check_tenant,
    stale: Callable[[Overlay[Entry], float], Collection[str]] = stale_pending.stale,
) -> Batch:
    """Run the mutations in order, each on the result of the earlier ones; then drop stale logins and their records.

    All changes are written into `entries` and `records`.

    `now` is in unix seconds. `check_name` raises InvalidTenantError for a tenant that the store cannot hold. `stale`
    finds the pending logins that nobody can finish any more.
    """
    batch = Batch(entries)
    for mutate in mutations:
        draft = Draft(batch.entries, records.by_name)
        batch.outcomes.append(_run_one(mutate, draft, batch, records, check_name))
    for key in stale(batch.entries, now):
        batch.entries.pop(key, None)
    records.drop_without_login(batch.entries)
    return batch


def _run_one(
    mutate: Mutation[Any], draft: Draft, batch: Batch, records: Records, check_name: Callable[[str], object]
) -> Done[Any] | Failed:
    try:
        value = mutate(draft)
        checked = {key: (entry, codec.check(key, entry)) for key, entry in draft.written.items()}
        for key, entry in draft.written.items():
            if not isinstance(entry, PendingEntry):
                check_name(key)
        records.check(draft)
    except Exception as error:  # noqa: BLE001 -- any error is the outcome of this mutation alone
        return Failed(error)
    batch.checked.update(checked)
    draft.apply_to(batch.entries)
    if SERVERS.name in draft.changed_records:
        batch.server_changes.append(len(batch.outcomes))
    records.apply(draft)
    return Done(value)
