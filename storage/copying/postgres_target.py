"""A PostgreSQL store as the target of a copy: its row says that it is closed, and a record says for which copy."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.contents import Contents
from openab_auth.storage.copying.errors import ForeignCopyError, TargetNotEmptyError
from openab_auth.storage.copying.merging import fingerprint, merged
from openab_auth.storage.entries import Entry
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.upkeep.closing import CopyMark, StoreGate
from openab_auth.storage.records import KEYS, KINDS, THREADS

_PERMISSIONS: Final = (KEYS, THREADS)  # what was taken back in the source after an earlier run must not come back


class PostgresTarget:
    """The store of these settings, which `store init` has made."""

    def __init__(self, settings: PostgresSettings) -> None:
        self._gate = StoreGate(settings)
        self._store = PostgresStore(settings)
        self._mark = CopyMark("")
        self.place = settings.place

    def begin(self, source: str) -> bool:
        """Close the store for this copy; see `CopyTarget.begin`."""
        with self._gate.locked() as (state, change):
            mark = state.mark
            if mark is not None and mark.source == source and mark.state == "done":
                return False
            if mark is not None and mark.state != "done" and mark.source != source:
                raise ForeignCopyError(self.place, mark.source)
            if mark is None or mark.state == "done":
                if state.has_entries or not state.head.open:
                    raise TargetNotEmptyError(self.place)
                mark = CopyMark(source)
                change.set_open(False)
            self._mark = replace(mark, state="filling")
            change.write_mark(self._mark)
        return True

    def fill(self, contents: Contents) -> None:
        """Write what is missing or different; entries that a person has made here since stay."""
        wanted = merged(contents, self._store.read(), self._mark.filled)
        self._note_fill({key: entry for key, entry in wanted.items() if contents.entries.get(key) is entry})
        self._store.update(lambda draft: _write(draft, contents, self._mark))

    def keep(self) -> None:
        """Note that the copy is complete, and stays closed."""
        self._finish(replace(self._mark, state="kept"), is_open=False)

    def open(self) -> None:
        """Open the store; what the copy needed is forgotten."""
        self._finish(CopyMark(self._mark.source, "done"), is_open=True)
        self._store.close()

    def _note_fill(self, written: dict[str, Entry]) -> None:
        """Note what is about to be written, so that a later run knows these entries for its own."""
        filled = {key: list(marks) for key, marks in self._mark.filled.items()}
        for key, entry in written.items():
            marks = filled.setdefault(key, [])
            if (mark := fingerprint(key, entry)) not in marks:
                marks.append(mark)
        self._mark = replace(self._mark, filled=filled)
        with self._gate.locked() as (_, change):
            change.write_mark(self._mark)

    def _finish(self, mark: CopyMark, *, is_open: bool) -> None:
        with self._gate.locked() as (_, change):
            change.set_open(is_open)
            change.write_mark(mark)


def _write(draft: Draft, contents: Contents, mark: CopyMark) -> None:
    wanted = merged(contents, dict(draft), mark.filled)
    for key in draft.keys() - wanted.keys():
        del draft[key]
    for key, entry in wanted.items():
        if draft.get(key) != entry:
            draft[key] = entry
    for kind in KINDS:
        records = draft.records(kind)
        if kind in _PERMISSIONS:
            for key in records.keys() - contents.records[kind.name].keys():
                del records[key]
        for key, record in contents.records[kind.name].items():
            if records.get(key) != record:
                records[key] = record
