"""The file store: one JSON file, from which readers read without a lock, and which every commit replaces."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from openab_auth.storage import journal
from openab_auth.storage.commit import batch
from openab_auth.storage.commit.draft import LazyRecords, Overlay
from openab_auth.storage.commit.mutation import Done, Failed, Mutation
from openab_auth.storage.disk import atomic, folder, ownership
from openab_auth.storage.entries import Entry, LoginEntry, PendingEntry
from openab_auth.storage.errors import (
    ServersUnwrittenError,
    StorageError,
    StoreUnreadableError,
    StoreUnwritableError,
)
from openab_auth.storage.file import problems, snapshot
from openab_auth.storage.file.leftovers import ended_logins, quarantine, redact, temporary_files
from openab_auth.storage.file.locks import FileLease, GlobalLock, check_lock
from openab_auth.storage.file.reader import FileReader
from openab_auth.storage.file.record_files import FACTS_FILE, NOTES_FILE, RECORD_FILES, SERVERS_FILE, RecordFile
from openab_auth.storage.file.snapshot import Snapshot
from openab_auth.storage.format import codec
from openab_auth.storage.format.keys import RESTORED, sidecar_name
from openab_auth.storage.journal import Spill
from openab_auth.storage.reader import Problem
from openab_auth.storage.records import (
    CLIENTS,
    FACTS,
    KEYS,
    NOTES,
    REQUESTS,
    SERVERS,
    THREADS,
    LoginFacts,
    Note,
    RecordKind,
)
from openab_auth.storage.store import Store, TimedLease

R = TypeVar("R")
_BEFORE_COMMIT: Final[tuple[RecordKind[Any], ...]] = (CLIENTS, THREADS, REQUESTS, KEYS)
_ROOM: Final = 2**16  # bytes; enough for a renewed login in the file and in the journal, even if its tokens grew


class FileStore(FileReader, Store):
    """The store in one JSON file, which agents in other languages read and write too; threads may share the object.

    `clock` returns unix seconds; `lock_timeout` is the longest wait for the global lock, in seconds.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, clock: Callable[[], float] = time.time, lock_timeout: float = 10.0
    ) -> None:
        super().__init__(path, clock=clock)
        self._folder = self.path.parent
        self._lock = GlobalLock(self.path.with_name(f"{self.path.name}.global.lock"), lock_timeout)
        self._may_be_there = {NOTES.name: partial(os.access, os.fspath(NOTES_FILE.path_of(self.path)), os.F_OK)}
        self._sidecar_name = partial(sidecar_name, self.path.name)
        self._uncleared: list[Path] = []  # files that may hold tokens of the logins that ended last

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        """Run the mutations under the global lock and save all changes with one write; see `Store.update_all`.

        Raises:
            StorageError: nothing was committed.
        """
        try:
            names = folder.names(self._folder)
            locked = self._update_after_restore if f"{self.path.name}{RESTORED}" in names else self._update_locked
            return self._lock.run(partial(locked, mutations, names))
        except OSError as error:  # no such error is known to get here
            raise StoreUnwritableError(self.path, error) from error

    def lease(self, tenant: str) -> FileLease:
        """Return the lease of the tenant, which is not taken yet.

        Raises:
            InvalidTenantError: the tenant cannot be part of a sidecar's file name.
        """
        return FileLease(self.path.with_name(self._sidecar_name(tenant)), self._look_again)

    def timed_lease(self, name: str) -> TimedLease:
        """Return the right with this name, in a sidecar of its own; see `Store.timed_lease`."""
        from openab_auth.storage.file.locks.timed import TimedFileLease  # noqa: PLC0415 - for bots alone

        return TimedFileLease(self.path.with_name(f"{self.path.name}.{name}.lock"))

    def spill(self, tenant: str, entry: LoginEntry, replaces: LoginEntry | None, note: Note | None = None) -> bool:
        """Keep a renewed login in the journal beside the file; see `Store.spill`.

        Raises:
            StorageError: the login was not kept.
        """
        atomic.make_folder(self.path)
        spill = journal.compose(self.path, tenant, entry, replaces, note)
        if self._is_late(spill):
            return False
        spill = journal.write(self.path, spill)
        if late := self._is_late(spill):  # another login or a logout was committed before it could see the spill
            journal.discard(self.path, spill)
        with contextlib.suppress(OSError), ownership.entered(self.path) as (at, name):
            # Every process that has read the file reads it again, and the journal too.
            os.utime(name, dir_fd=at, follow_symlinks=at is None)
        self._look_again()
        return not late

    def check_writable(self) -> None:
        """Prove that a commit would succeed now, and that there is space for it, without changing anything.

        Raises:
            StoreUnwritableError: a commit would fail.
            StoreUnreadableError: the file or its folder cannot be read.
        """
        atomic.make_folder(self.path)
        if not folder.can_be_listed(self._folder):
            raise StoreUnreadableError(self._folder, "it cannot be listed, so a renewed login in it would not be seen")
        known = self._load()
        self._lock.check()
        for kind in RECORD_FILES:
            atomic.check_replaceable(kind.path_of(self.path))
        for spill in known.spills:
            atomic.check_replaceable(journal.path_of(self.path, spill.tenant))
        atomic.rehearse(self.path, len(known.data or b"") + _ROOM)

    def check_usable(self) -> None:
        """Prove that the file can be read, replaced and locked, as far as that can be seen; see `Store.check_usable`.

        A lock of a login that has ended is not looked at: nobody needs it.

        Raises:
            StoreUnreadableError, StoreUnwritableError: one of them is impossible.
        """
        needed = {f"{self.path.name}.refresh.{tenant}.lock" for tenant in self._load().entries}
        if Path(self._folder).is_dir() and not os.access(self._folder, os.W_OK | os.X_OK):
            raise StoreUnwritableError(self.path, "its folder cannot be written")
        for name in (f"{self.path.name}.global.lock", *needed.intersection(folder.names(self._folder))):
            check_lock(self.path.with_name(name))

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that an operator should repair, also after the last logout, without changing anything."""
        return (*super().problems(), *problems.of_ended(self._uncleared))

    def _update_after_restore(
        self, mutations: Sequence[Mutation[Any]], names: Collection[str], afterwards: ExitStack
    ) -> list[Done[Any] | Failed]:
        """Run the mutations as `_update_locked`; first finish a restore that was interrupted.

        If a process refreshes a login that the restore would replace, the next update tries again.
        """
        from openab_auth.storage.file import restored  # noqa: PLC0415 - only after a restore

        if (waiting := restored.find(self.path)) is None:
            return self._update_locked(mutations, names, afterwards)
        entries: dict[str, Entry] = {}
        first: list[Mutation[Any]] = []
        if waiting.state == "restoring":
            first.append(partial(waiting.restore, lease=self.lease, afterwards=afterwards))
        outcomes = self._update_locked([*first, *mutations, entries.update], names, afterwards)
        if not isinstance(outcomes[0], Failed) or waiting.state == "waiting":
            waiting.settle(entries)
        return outcomes[len(first) : -1]

    def _update_locked(
        self, mutations: Sequence[Mutation[Any]], names: Collection[str], afterwards: ExitStack
    ) -> list[Done[Any] | Failed]:
        """Run the mutations and commit their changes.

        The callbacks on the stack `afterwards` run when the lock is free again.

        `names` were in the folder before the wait for the lock. A spill that came later is left to the next update.
        Readers see it in the meantime, unless this update ends its login or writes another refresh token for it.
        """
        before, now = self._load(journal.spills_among(self.path, names), afterwards), self._clock()
        # Records are read from the disk, because under the lock nothing may be older than the lock.
        records = batch.Records(self._records_on_disk, _may_lack_login)
        notes, facts = records.of(NOTES), records.of(FACTS)
        if before.spills and (brought := before.notes):
            with contextlib.suppress(StoreUnreadableError):  # notes may be lost, a login may not
                notes.update({tenant: note for tenant, note in brought.items() if notes.get(tenant) != note})
        if before.spills:
            with contextlib.suppress(StoreUnreadableError):  # facts may be lost, too
                facts.update(before.facts(facts))
        after = batch.run(mutations, Overlay(before.entries), records, now=now, check_name=self._sidecar_name)
        if after.all_failed:
            return after.outcomes
        # Before the commit: a login needs its client, and an agreement that was ended must not outlive its login. A
        # client whose login is not written afterwards does no harm.
        for kind in _BEFORE_COMMIT:
            if (changed := records.by_name[kind.name]).differs:
                RecordFile(kind).save(self.path, changed.merged(), now=now)
                folder.sync(self._folder)
        self._save_facts(facts, now, committed=False)
        entries = after.entries.merged()
        wrote = self._commit(before, after, entries, now, afterwards)
        servers = records.of(SERVERS)
        if servers.differs:  # after the commit, because a failed commit must not add or remove a server
            try:
                SERVERS_FILE.save(self.path, servers.merged(), now=now)
                wrote = True
            except (StoreUnreadableError, StoreUnwritableError) as error:
                after.fail_servers(ServersUnwrittenError(error))
        self._save_facts(facts, now, committed=True)
        wrote |= self._save_notes(notes, now, entries_written=wrote)
        if wrote:  # others may already build on this commit before it is durable; their commit makes both durable
            afterwards.callback(folder.sync, self._folder)
        self._tidy(before, entries, names)
        return after.outcomes

    def _records_on_disk(self, kind: RecordKind[R]) -> LazyRecords[R]:
        there = self._may_be_there.get(kind.name, bool)
        return LazyRecords(partial(RecordFile(kind).load, self.path), there)

    def _tidy(self, before: Snapshot, entries: Mapping[str, Entry], names: Collection[str]) -> None:
        """Remove the spills that are committed now, the copies of ended logins, and the files of killed writers."""
        if before.spills:
            folder.sync(self._folder)  # a recovered login must be durable before its spill is removed
        for spill in before.spills:
            journal.discard(self.path, spill)
        gone = before.entries.keys() - entries.keys()
        if ended := [tenant for tenant in gone if not isinstance(before.entries[tenant], PendingEntry)]:
            self._forget(ended, before, entries)
        if temporary_files.may_be_among(names):
            temporary_files.remove(self.path, names, before.entries.keys() | entries.keys())

    def _forget(self, ended: list[str], before: Snapshot, entries: Mapping[str, Entry]) -> None:
        """Remove every copy of the ended logins from all files of the store."""
        copies = (before.entries, before.decoded.entries, {spill.tenant: spill.entry for spill in before.spills})
        secrets = {s for held in copies for tenant in ended if tenant in held for s in redact.secrets_of(held[tenant])}
        # A token may live on under another key.
        living = {secret for entry in entries.values() for secret in redact.secrets_of(entry)}
        left = ended_logins.clear(self.path, ended, secrets - living, before.entries.keys() | entries.keys())
        # The name of a renamed file already says that a logout could not clear it.
        self._uncleared = [place for place in left if not quarantine.is_uncleared(place)]

    def _is_late(self, spill: Spill) -> bool:
        try:
            return not spill.takes_place_of(snapshot.take(self.path).entries.get(spill.tenant))
        except StoreUnreadableError:
            return False  # then nobody else can have written a login either

    def _look_again(self) -> None:
        """Make the next read look at the disk, because a spill of another process need not change the version."""
        if self._snapshot is not None:
            self._snapshot = replace(self._snapshot, settled=False)

    def _commit(
        self,
        before: Snapshot,
        after: batch.Batch,
        entries: dict[str, Entry],
        now: float,
        afterwards: ExitStack,
    ) -> bool:
        if not after.entries.differs and not before.needs_rewrite:
            return False
        members = codec.members(entries, {**before.decoded.members, **after.checked})
        data = codec.join(members).encode()
        if before.decoded.damage and before.data is not None:
            atomic.existing(self.path)  # fail before anything is written
            quarantine.keep(self.path, before.data, now, before.owner)
        new = atomic.swap(self.path, data)

        def remember() -> None:  # a reader may have taken a newer snapshot; unsettled, so the next read looks again
            decoded = codec.Decoded(entries, members=members)
            self._snapshot = Snapshot(snapshot.version_of(new), settled=False, data=data, decoded=decoded)

        afterwards.callback(remember)
        return True

    def _save_facts(self, facts: Overlay[LoginFacts], now: float, *, committed: bool) -> None:
        """Write the facts of new logins before the commit, and drop those of ended logins after it.

        In this order a killed writer leaves no login without its facts. Facts may be lost, a login may not.
        """
        if not facts.differs:
            return
        with_ended = {**facts.below, **facts}
        written, now_due = (with_ended, dict(facts)) if committed else (dict(facts.below), with_ended)
        if now_due != written:
            with contextlib.suppress(StorageError):
                FACTS_FILE.save(self.path, now_due, now=now)

    def _save_notes(self, notes: Overlay[Note], now: float, *, entries_written: bool) -> bool:
        if not notes.differs:
            return False
        try:
            NOTES_FILE.save(self.path, notes.merged(), now=now)
        except StorageError:
            if not entries_written:  # notes may be lost when the login is safe, but not when only notes were written
                raise
            return False
        return True


def _may_lack_login(records: Overlay[R]) -> Collection[str]:
    """Return the keys of all notes, also of those whose login another program has removed; few stores have facts."""
    below = records.below
    return list(records) if records.changes or not isinstance(below, LazyRecords) or below.may_be_there else ()
