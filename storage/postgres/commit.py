"""One update of the PostgreSQL store: the spills of this host, the mutations, the commit, and the journal after it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, Final

from openab_auth.storage import journal
from openab_auth.storage.commit import batch
from openab_auth.storage.commit.draft import Overlay
from openab_auth.storage.commit.mutation import Done, Failed, Mutation
from openab_auth.storage.entries import Entry, LoginEntry, PendingEntry, last_token
from openab_auth.storage.format.keys import check_tenant
from openab_auth.storage.journal import Spill
from openab_auth.storage.postgres.head import Stamp
from openab_auth.storage.postgres.leases import LeaseTable, Soon
from openab_auth.storage.postgres.local_journal import LocalJournal, is_old
from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.postgres.snapshot import Snapshot
from openab_auth.storage.postgres.transaction import Transaction, Written
from openab_auth.storage.records import FACTS, NOTES

_MOST_KEYS: Final = 8


class Commit:
    """One update: call `run` in the locked transaction, and `tidy` after it; `outcomes` are those of the mutations.

    `before` is the version that it began with. `written` is None if nothing was written. `snapshot` is the one after
    the commit, if this process knew the one before it. `changed_kinds` are the kinds of records that it changed. `keys`
    are the keys of some entries that it read or wrote.
    """

    def __init__(self, mutations: Sequence[Mutation[Any]], local: LocalJournal, leases: LeaseTable) -> None:
        self._mutations = mutations
        self._journal = local
        self._leases = leases
        self._spills: tuple[Spill, ...] = ()
        self._kept: tuple[Spill, ...] = ()  # the rotations that were kept before this commit
        self._needless: tuple[Spill, ...] = ()  # the rotations that nobody needs after this commit
        self._rotated: list[tuple[str, LoginEntry, LoginEntry]] = []
        self._cipher: Cipher | None = None
        self.outcomes: list[Done[Any] | Failed] = []
        self.before: Stamp | None = None
        self.written: Written | None = None
        self.snapshot: Snapshot | None = None
        self.changed_kinds: frozenset[str] = frozenset()
        self.keys: tuple[str, ...] = ()

    def run(self, transaction: Transaction, known: Snapshot | None) -> None:
        """Run the mutations on the entries in the transaction, and commit their changes.

        Raises:
            UnknownOutcomeError: the connection was lost during the commit; everything else is as after a commit.
        """
        self.before, self._cipher = transaction.head.stamp, transaction.cipher
        if known is not None and known.stamp != transaction.head.stamp:
            known = None
        entries = Overlay(transaction.entries(None if known is None else known.entries))
        records = batch.Records(transaction.records, _may_lack_login)
        self._spills = self._journal.spills.load(transaction.cipher)
        self._kept = self._journal.rotations.load(transaction.cipher)
        self._recover(entries, records)
        after = batch.run(
            self._mutations, entries, records, now=transaction.now, check_name=check_tenant, stale=transaction.stale
        )
        self.outcomes = after.outcomes
        self.keys = tuple({*entries.written, *transaction.read_keys})[:_MOST_KEYS]
        changed = {name: overlay for name, overlay in records.by_name.items() if overlay.differs}
        if after.all_failed:
            self._spills = ()  # nothing was committed, so they are needed
        if after.all_failed or not (entries.differs or changed):
            transaction.end()
            return
        self.changed_kinds = frozenset(changed)
        answered = {name: holder for name in entries.written if (holder := self._leases.holder(name))}
        self.written = transaction.prepare(entries, changed)
        if known is not None:
            self.snapshot = known.after(*self.written)
        # What the journal keeps is decided here: afterwards no row can be read any more.
        if known is None:
            transaction.fetch(entries.written)
        self._rotated = self._rotations(entries)
        self._needless = tuple(kept for kept in self._kept if entries.get(kept.tenant) != kept.entry or is_old(kept))
        transaction.commit(answered)

    def tidy(self, soon: Soon) -> None:
        """Keep the rotations of this commit in the journal, and remove what is not needed there any more."""
        if self._cipher is None:
            return
        for tenant, replaced, entry in self._rotated:  # before the older file goes, whose marks it takes over
            soon(partial(self._keep, self._cipher, tenant, entry, replaced))
        for spill in self._spills:
            self._leases.answered(spill.tenant)
            soon(partial(self._journal.spills.discard, spill))
        for rotation in self._needless:
            soon(partial(self._journal.rotations.discard, rotation))

    def _recover(self, entries: Overlay[Entry], records: batch.Records) -> None:
        """Write the spilled logins that take the place of stored ones."""
        stored: dict[str, Entry] = {}
        taken: tuple[Spill, ...] = ()
        for spill in (*self._kept, *self._spills):  # a spill is newer than the rotation that is kept
            found = entries.get(spill.tenant)
            if found is not None:
                stored.setdefault(spill.tenant, found)
            if spill.takes_place_of(found):
                entries[spill.tenant] = spill.entry
                taken = (*taken, spill)
        if taken:
            facts = records.of(FACTS)
            known = {spill.tenant: held for spill in taken if (held := facts.get(spill.tenant))}
            facts.update(journal.facts_of(taken, stored, known))
            records.of(NOTES).update(journal.notes_of(taken, stored))

    def _rotations(self, entries: Overlay[Entry]) -> list[tuple[str, LoginEntry, LoginEntry]]:
        """Return each renewed login of this commit, after the login that it replaces."""
        kept = [rotation.entry for rotation in self._kept]
        found = []
        for tenant, entry in entries.written.items():
            before = entries.below.get(tenant)
            if isinstance(before, PendingEntry | None) or isinstance(entry, PendingEntry) or entry in kept:
                continue
            if last_token(before) != last_token(entry):
                found.append((tenant, before, entry))
        return found

    def _keep(self, cipher: Cipher, tenant: str, entry: LoginEntry, replaced: LoginEntry) -> None:
        self._journal.rotations.write(cipher, self._journal.rotations.compose(cipher, tenant, entry, replaced))


def _may_lack_login(records: Overlay[Any]) -> Collection[str]:
    """Return the keys of the new notes and facts; those of ended logins are known from the entries."""
    return tuple(records.written)
