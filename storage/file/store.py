"""The credential file as a store: readers take no lock, every write is one locked section."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from openab_auth.storage import batch
from openab_auth.storage.draft import LazyRecords
from openab_auth.storage.entries import Entry, LoginEntry, PendingEntry
from openab_auth.storage.errors import (
    ServersUnwrittenError,
    StorageError,
    StoreUnreadableError,
    StoreUnwritableError,
)
from openab_auth.storage.file import (
    atomic,
    ended_logins,
    folder,
    journal,
    notes_file,
    problems,
    quarantine,
    redact,
    regular_file,
    snapshot,
    temporary_files,
)
from openab_auth.storage.file.journal import Spill
from openab_auth.storage.file.locks.global_lock import GlobalLock
from openab_auth.storage.file.locks.lease import FileLease
from openab_auth.storage.file.snapshot import Snapshot
from openab_auth.storage.format import codec
from openab_auth.storage.format.keys import sidecar_name
from openab_auth.storage.records import clients, servers
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.records.notes import Note
from openab_auth.storage.records.servers import AddedServer
from openab_auth.storage.secret import Secret
from openab_auth.storage.store import Done, Failed, Mutation, Problem

T = TypeVar("T")


class FileStore:
    """The store in one JSON file that other languages' agents read and write too; may be shared by threads.

    `clock` gives unix seconds; `lock_timeout` (seconds) bounds every wait for the global lock.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, clock: Callable[[], float] = time.time, lock_timeout: float = 10.0
    ) -> None:
        try:
            self.path = Path(os.path.abspath(path))  # noqa: PTH100 -- a symbolic link must not be resolved away
        except OSError as error:  # the working directory is gone
            raise StoreUnreadableError(path, f"its folder: {regular_file.reason_of(error)}") from error
        self._folder, self._name = self.path.parent, self.path.name
        self._clock = clock
        self._lock = GlobalLock(self.path.with_name(f"{self.path.name}.global.lock"), lock_timeout)
        self._has_notes = partial(os.access, os.fspath(notes_file.FILE.path_of(self.path)), os.F_OK)
        self._snapshot: Snapshot | None = None
        self._uncleared: list[Path] = []  # by the last logout

    def __repr__(self) -> str:
        return f"FileStore({str(self.path)!r})"

    def read(self) -> Mapping[str, Entry]:
        """All entries as last committed; one `stat` while the file stays the same.

        Raises:
            StoreUnreadableError: it is there but could not be read.
        """
        entries = self.peek()
        return self._load().entries if entries is None else entries

    def peek(self) -> Mapping[str, Entry] | None:
        """The entries when one `stat` proves that they are known; None when they must be read."""
        known = self._snapshot
        if known is not None and known.settled and known.version == self.version():
            return known.entries
        return None

    def version(self) -> Hashable:
        """Which file it is: device, inode, modification time, size; None when there is none."""
        return snapshot.current_version(self.path)

    def notes(self) -> Mapping[str, Note]:
        """The notes by tenant; empty when they were lost.

        Raises:
            StoreUnreadableError: their file is there but could not be read.
        """
        return notes_file.FILE.load(self.path)

    def clients(self) -> Mapping[str, ClientRecord]:
        """The clients that servers registered for us, by key; empty when they were lost.

        Raises:
            StoreUnreadableError: their file is there but could not be read.
        """
        return clients.FILE.load(self.path)

    def servers(self) -> Mapping[str, AddedServer]:
        """The MCP servers that people added, by name; empty when they were lost.

        Raises:
            StoreUnreadableError: their file is there but could not be read.
        """
        return servers.FILE.load(self.path)

    def update(self, mutate: Mutation[T]) -> T:
        """Run `mutate` under the global lock and commit what it changed.

        Raises:
            ServersUnwrittenError: all was committed but what it changed of the added servers.
            StorageError: nothing was committed. What `mutate` raises is raised too, and commits nothing.
        """
        (outcome,) = self.update_all([mutate])
        if isinstance(outcome, Failed):
            raise outcome.error
        value: T = outcome.value
        return value

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        """Run many under one lock and commit them with one write; one that raises is dropped alone.

        Raises:
            StorageError: nothing was committed, of none of them.
        """
        try:
            return self._lock.run(partial(self._update_locked, mutations, folder.names(self._folder)))
        except OSError as error:  # none is known that comes through here
            raise StoreUnwritableError(self.path, regular_file.reason_of(error)) from error

    def lease(self, tenant: str) -> FileLease:
        """The tenant's refresh lock, not yet taken.

        Raises:
            InvalidTenantError: no sidecar can bear this name.
        """
        return FileLease(self.path.with_name(sidecar_name(self._name, tenant)), self._look_again)

    def spill(self, tenant: str, entry: LoginEntry, replaces: Secret | None) -> None:
        """Keep a renewed login beside the file; see `Store.spill`.

        Raises:
            StorageError: it could not be kept.
        """
        atomic.make_folder(self.path)
        spill = journal.compose(self.path, tenant, entry, replaces)
        if self._is_late(spill):
            return
        spill = journal.write(self.path, spill)
        if self._is_late(spill):  # a login or logout that was committed before it could see the spill
            journal.discard(self.path, spill)
        with contextlib.suppress(OSError):
            os.utime(self.path)  # whoever has read the file looks again, and at the journal too
        self._look_again()

    def check_writable(self) -> None:
        """Prove that a commit could be made now, space included, without changing anything.

        Raises:
            StoreUnwritableError: it could not; StoreUnreadableError when it could not even be read, nor its folder.
        """
        atomic.make_folder(self.path)
        if not folder.can_be_listed(self._folder):
            raise StoreUnreadableError(self._folder, "it cannot be listed, so a renewed login in it would not be seen")
        known = self._load()
        self._lock.check()
        atomic.rehearse(self.path, len(known.data or b"") + _ROOM)

    def problems(self) -> tuple[Problem, ...]:
        """What an operator should repair; changes nothing."""
        reading, tenants = self._reading_problems()
        there = problems.find(self.path, self._clock(), tenants)
        return (*reading, *there, *problems.of_ended(self._uncleared))

    def _update_locked(
        self, mutations: Sequence[Mutation[Any]], names: Collection[str], afterwards: ExitStack
    ) -> list[Done[Any] | Failed]:
        """Commit what they change; what goes on the stack need not be done under the lock.

        `names` were in the folder before the wait for the lock. A later spill is left to the next update: readers go on
        counting it in, unless this update gives its tenant another refresh token or ends its login.
        """
        before, now = self._load(journal.spills_among(self.path, names), afterwards), self._clock()
        notes = LazyRecords(self.notes, self._has_notes)
        beside = batch.Records(notes, LazyRecords(self.clients), LazyRecords(self.servers))
        after = batch.run(mutations, before.entries, beside, file=self._name, now=now)
        if after.all_failed:
            return after.outcomes
        # Before the login that needs them; each record says whose it is, should the login then not be written.
        if beside.clients.changed:
            clients.FILE.save(self.path, beside.clients.records, now=now)
            folder.sync(self._folder)
        wrote = self._commit(before, after, now, afterwards)
        if beside.servers.changed:  # after the commit, whose failure must not add or remove any
            try:
                servers.FILE.save(self.path, beside.servers.records, now=now)
                wrote = True
            except (StoreUnreadableError, StoreUnwritableError) as error:
                after.fail_servers(ServersUnwrittenError(error))
        wrote |= self._save_notes(notes, now, entries_written=wrote)
        if wrote:  # others may build on what they see before it is durable: their commit makes ours durable too
            afterwards.callback(folder.sync, self._folder)
        self._tidy(before, after.entries, names)
        return after.outcomes

    def _tidy(self, before: Snapshot, entries: Mapping[str, Entry], names: Collection[str]) -> None:
        """Remove what this update made needless in the journal, and what killed writers left."""
        if before.spills:
            folder.sync(self._folder)  # what was recovered must be durable before its spill goes
        for spill in before.spills:
            journal.discard(self.path, spill)
        gone = before.entries.keys() - entries.keys()
        if ended := [tenant for tenant in gone if not isinstance(before.entries[tenant], PendingEntry)]:
            self._forget(ended, before, entries)
        if temporary_files.may_be_among(names):
            temporary_files.remove(self.path, names, before.entries.keys() | entries.keys())

    def _forget(self, ended: list[str], before: Snapshot, entries: Mapping[str, Entry]) -> None:
        """Leave no copy of the logins that ended in any file of the store."""
        copies = (before.entries, before.decoded.entries, {spill.tenant: spill.entry for spill in before.spills})
        secrets = {s for held in copies for tenant in ended if tenant in held for s in redact.secrets_of(held[tenant])}
        living = {secret for entry in entries.values() for secret in redact.secrets_of(entry)}  # under another key now
        left = ended_logins.clear(self.path, ended, secrets - living, before.entries.keys() | entries.keys())
        self._uncleared = [place for place in left if not quarantine.is_uncleared(place)]  # which its name tells

    def _load(self, spill_files: Collection[str] | None = None, afterwards: ExitStack | None = None) -> Snapshot:
        """Read it; `spill_files` are the names of the journal's files, if they are known.

        They are looked at before the file, since a spill goes only after its login is in the file. The file is closed
        `afterwards`, if that is given: to free what was replaced takes longer than to replace it.
        """
        spills = journal.load(self.path, journal.spill_files(self.path) if spill_files is None else spill_files)
        taken = snapshot.take(self.path, self._snapshot, afterwards)
        settled = taken.settled and spill_files is None  # else one more may have come in the wait for the lock
        if spills or settled != taken.settled:
            taken = replace(taken, spills=spills, settled=settled)
        self._snapshot = taken
        return taken

    def _is_late(self, spill: Spill) -> bool:
        try:
            return not spill.takes_place_of(snapshot.take(self.path).entries.get(spill.tenant))
        except StoreUnreadableError:
            return False  # nobody can have written another login either

    def _look_again(self) -> None:
        """Let the next read look at the disk: what another process spilled may not show in the file's version."""
        if self._snapshot is not None:
            self._snapshot = replace(self._snapshot, settled=False)

    def _commit(self, before: Snapshot, after: batch.Batch, now: float, afterwards: ExitStack) -> bool:
        if after.entries == before.entries and not before.needs_rewrite:
            return False
        members = codec.members(after.entries, {**before.decoded.members, **after.checked})
        data = codec.join(members).encode()
        if before.decoded.damage and before.data is not None:
            atomic.existing(self.path)  # refuse before anything is written
            quarantine.keep(self.path, before.data, now, before.owner)
        new = atomic.swap(self.path, data)

        def remember() -> None:  # perhaps over a newer one that a reader took; unsettled, so the next read looks anyway
            decoded = codec.Decoded(after.entries, members=members)
            self._snapshot = Snapshot(snapshot.version_of(new), settled=False, data=data, decoded=decoded)

        afterwards.callback(remember)
        return True

    def _save_notes(self, notes: LazyRecords[Note], now: float, *, entries_written: bool) -> bool:
        if not notes.changed:
            return False
        try:
            notes_file.FILE.save(self.path, notes.records, now=now)
        except StorageError:
            if not entries_written:  # the login is safe and notes may be lost, unless they were all that was asked for
                raise
            return False
        return True

    def _reading_problems(self) -> tuple[list[Problem], Collection[str]]:
        """Return what is wrong with the file, and the keys of its entries."""
        try:
            known = self._load()
        except StoreUnreadableError as error:
            return [Problem(error.happened, error.todo)], ()
        repair = f"the next login keeps its bytes as {self._name}.corrupt-<seconds> and writes what still parses"
        damage = [Problem(f"{self.path} is damaged: {found}", repair) for found in known.decoded.damage]
        return damage, known.entries.keys()


_ROOM = 2**16  # bytes; a renewed login, in the file and in the journal, however long its tokens have become
