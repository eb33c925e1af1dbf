"""The reading half of the file store: one JSON file, read without a lock, and the record files beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Hashable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar, cast

from openab_auth.storage import journal
from openab_auth.storage.entries import Entry
from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.file import problems, snapshot
from openab_auth.storage.file.record_cache import RecordCache
from openab_auth.storage.file.snapshot import Snapshot
from openab_auth.storage.reader import Problem, StoreReader
from openab_auth.storage.records import FACTS, NOTES, LoginFacts, RecordKind

R = TypeVar("R")
_SPILLED_KINDS: Final = (NOTES.name, FACTS.name)


class FileReader(StoreReader):
    """Reads the credential file at `path`; threads may share the object. `clock` returns unix seconds."""

    def __init__(self, path: str | os.PathLike[str], *, clock: Callable[[], float] = time.time) -> None:
        try:
            self.path = Path(os.path.abspath(path))  # noqa: PTH100 -- a symbolic link must stay as it is given
        except OSError as error:  # the working directory no longer exists
            from openab_auth.storage.file_faults import of_folder  # noqa: PLC0415 -- only a failure needs the table

            raise StoreUnreadableError(path, of_folder(error)) from error
        if "\0" in str(self.path):
            raise StoreUnreadableError(ascii(os.fspath(path)), "no path has a null character")
        try:
            os.fsencode(self.path)
        except UnicodeEncodeError:
            reason = "the locale of this process has no such characters; set LANG=C.UTF-8"
            raise StoreUnreadableError(path, reason) from None
        self._clock = clock
        self._records = RecordCache(self.path)
        self._snapshot: Snapshot | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def read(self) -> Mapping[str, Entry]:
        """Return all entries as they were last committed; this costs one `stat` while the file is unchanged.

        Raises:
            StoreUnreadableError: the file is there but could not be read.
        """
        entries = self.peek()
        return self._load().entries if entries is None else entries

    def peek(self) -> Mapping[str, Entry] | None:
        """Return all entries if one `stat` proves that they are current, else None."""
        known = self._snapshot
        if known is not None and known.settled and known.version == self.version():
            return known.entries
        return None

    def version(self) -> Hashable:
        """Return the device, inode, modification time and size of the file, or None if there is no file."""
        return snapshot.current_version(self.path)

    def records(self, kind: RecordKind[R]) -> Mapping[str, R]:
        """Return all records of one kind by key; return none when their file is missing or damaged.

        This costs one `stat` while their file is unchanged.

        Raises:
            StoreUnreadableError: their file is there but could not be read.
        """
        if kind.name not in _SPILLED_KINDS:
            return self._records.load(kind)
        # Read the spills first, because a spill goes only after its note was saved.
        spills = journal.load(self.path, journal.spill_files(self.path))
        records = self._records.load(kind)
        if not spills:
            return records
        taken = replace(snapshot.take(self.path), spills=spills)
        spilled = taken.notes if kind.name == NOTES.name else taken.facts(cast("Mapping[str, LoginFacts]", records))
        return {**records, **cast("Mapping[str, R]", spilled)}

    def peek_records(self, kind: RecordKind[R]) -> Mapping[str, R] | None:
        """Return the records of a kind that no spill carries, if one `stat` proves that they are current, else None."""
        return None if kind.name in _SPILLED_KINDS else self._records.peek(kind)

    def count_spills(self) -> int:
        """Return how many renewed logins are in the journal beside the file; see `StoreReader.count_spills`."""
        return len(journal.spill_files(self.path))

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that an operator should repair, without changing anything."""
        reading, tenants = self._reading_problems()
        return (*reading, *problems.find(self.path, self._clock(), tenants))

    def _load(self, spill_files: Collection[str] | None = None, afterwards: ExitStack | None = None) -> Snapshot:
        """Read the journal, then the file; `spill_files` are the names of the journal's files, if they are known.

        In this order no login is missed, because a spill is removed only after its login is in the file. `afterwards`
        closes the file later, because freeing a replaced file takes longer than replacing it.
        """
        spills = journal.load(self.path, journal.spill_files(self.path) if spill_files is None else spill_files)
        taken = snapshot.take(self.path, self._snapshot, afterwards)
        settled = taken.settled and spill_files is None  # otherwise a spill may have come during the wait for the lock
        if spills or settled != taken.settled:
            taken = replace(taken, spills=spills, settled=settled)
        self._snapshot = taken
        return taken

    def _reading_problems(self) -> tuple[list[Problem], Collection[str]]:
        """Return the problems of the file itself, and the keys of its entries."""
        try:
            known = self._load()
        except StoreUnreadableError as error:
            return [Problem(error.happened, error.todo, damage=True)], ()
        repair = f"the next login saves its bytes as {self.path.name}.corrupt-<seconds> and keeps every sound entry"
        damage = [Problem(f"{self.path} is damaged: {found}", repair, damage=True) for found in known.decoded.damage]
        return damage, known.entries.keys()
