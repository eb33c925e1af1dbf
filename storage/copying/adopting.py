"""Adopt a store: from now on this one is in use, and no other copy of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openab_auth.storage.copying.errors import CopyUnfinishedError
from openab_auth.storage.copying.file_target import FileTarget
from openab_auth.storage.errors import StoreBusyError
from openab_auth.storage.file import FileStore, restored

if TYPE_CHECKING:  # a file needs no database
    from openab_auth.storage.postgres.opening import PostgresSettings


@dataclass(frozen=True, slots=True)
class Adopted:
    """Say what changed: the store was opened, or this host worked with another store before."""

    opened: bool = False
    was_other: bool = False


def adopt_database(settings: PostgresSettings) -> Adopted:
    """Open a store in PostgreSQL for refreshes, and make it the one that this host works with.

    Raises:
        CopyUnfinishedError: it is the target of a copy that was interrupted.
        StorageError: the database, or the journal of this host, could not be read or written.
    """
    from openab_auth.storage.postgres.upkeep.closing import CopyMark, StoreGate  # noqa: PLC0415 - as above

    gate = StoreGate(settings)
    with gate.locked() as (state, change):
        if state.mark is not None and state.mark.state == "filling":
            raise CopyUnfinishedError(gate.place, state.mark.source)
        if not state.head.open:
            change.set_open(True)
        if state.mark is not None:
            change.write_mark(CopyMark(state.mark.source, "done"))
    return Adopted(opened=not state.head.open, was_other=gate.adopt_here(state.head))


def adopt_file(store: FileStore) -> Adopted:
    """Put what waits beside this file into it: a kept copy of a store, or the refresh tokens of restored logins.

    Raises:
        CopyUnfinishedError: that copy was interrupted.
        StorageError: a file could not be read or written.
    """
    if adopt_restored(store):
        return Adopted(opened=True)
    target = FileTarget(store)
    found = target.read_state()
    if found is None:
        return Adopted()
    source, state = found
    if state != "kept":
        raise CopyUnfinishedError(target.place, source)
    target.open()
    return Adopted(opened=True)


def adopt_restored(store: FileStore) -> bool:
    """Let the logins of a restored backup be refreshed; return whether any of them waited for that.

    Raises:
        StorageError: the store could not be read or written.
    """
    if (found := restored.find(store.path)) is not None and found.state == "restoring":
        store.update(len)  # it finishes the restore
        found = restored.find(store.path)
    if found is None:
        return False
    if found.state == "restoring":
        raise StoreBusyError(store.path, 0.0)
    return store.update(found.adopt) > 0
