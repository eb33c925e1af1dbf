"""Put the contents of a backup into a store: close it, replace its rows in one commit, open it if nothing is doubtful.

Interrupted at any moment, the store has its old rows or those of the backup, and is closed for refreshes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from uuid import UUID

from openab_auth.storage import journal
from openab_auth.storage.backups.errors import RefreshesRunError
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.contents import Contents
from openab_auth.storage.copying.errors import CopyUnfinishedError
from openab_auth.storage.entries import Entry, LoginEntry, last_token
from openab_auth.storage.errors import CommitUnknownError, StorageError
from openab_auth.storage.postgres.local_journal import LocalJournal
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.store import PostgresStore
from openab_auth.storage.postgres.upkeep.closing import CopyMark, StoreGate
from openab_auth.storage.restore_rule import Restoring, plan_restore, write_contents


def restore_store(settings: PostgresSettings, backup: Contents, source: str, made_in: UUID | None) -> Restoring:
    """Replace the rows of the store; `source` names the backup, and `made_in` is the id of the store that it is from.

    The store stays closed if it was closed before, or if a refresh token of the backup may be spent.

    Raises:
        RefreshesRunError: a process may be refreshing a login; nothing was changed.
        CopyUnfinishedError: the store is the target of a copy that was interrupted; nothing was changed.
        StorageError: the database refused; the old rows are there.
    """
    gate = StoreGate(settings)
    with gate.locked() as (state, change):
        if state.mark is not None and state.mark.state == "filling":
            raise CopyUnfinishedError(gate.place, state.mark.source)
        if (seconds := change.forget_leases()) is not None:
            raise RefreshesRunError(gate.place, seconds)
        was_open, mark = state.head.open, state.mark
        doubtful = {} if was_open or mark is None else mark.filled
        change.set_open(False)
        change.write_mark(CopyMark(source, "restoring", _tokens(backup.entries, doubtful)))
    with _undone(gate, mark) if was_open else contextlib.nullcontext():
        store = PostgresStore(settings)
        try:
            found = tuple(_journals(settings, {state.head.id, made_in}))
            marks = frozenset(chain.from_iterable(doubtful.values()))
            restoring = store.update(partial(_restore, backup=backup, spills=found, doubtful=marks))
        finally:
            store.close()
    opens = was_open and not restoring.waiting
    with gate.locked() as (_, change):
        change.set_open(opens)
        waiting = {key: restoring.contents.entries[key] for key in restoring.waiting}
        change.write_mark(CopyMark(source, "done") if opens else CopyMark(source, "restored", _tokens(waiting, {})))
    return restoring


def _restore(draft: Draft, backup: Contents, spills: tuple[journal.Spill, ...], doubtful: frozenset[str]) -> Restoring:
    newer = journal.recovered(spills, backup.entries)
    restoring = plan_restore(backup, Contents.in_draft(draft), newer, doubtful)
    write_contents(draft, restoring, holding_back=False)
    return restoring


def _tokens(entries: Mapping[str, Entry], before: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the fingerprints of tokens that restores have brought: those of these entries, and those `before`.

    If the store stays closed, the next restore must not take them for later than its own.
    """
    marks = {key: list(found) for key, found in before.items()}
    for key, entry in entries.items():
        if isinstance(entry, LoginEntry):
            marks[key] = sorted({*marks.get(key, ()), last_token(entry).fingerprint()})
    return marks


def _journals(settings: PostgresSettings, stores: Iterable[UUID | None]) -> Iterator[journal.Spill]:
    """Yield what the journal of this host says about these stores; a new database has another id than the lost one."""
    local = LocalJournal(settings.journal)
    for store_id in stores:
        if store_id is not None:
            yield from local.load(settings.cipher(store_id))


@contextlib.contextmanager
def _undone(gate: StoreGate, mark: CopyMark | None) -> Iterator[None]:
    """Open the store again if the block fails before its commit; whatever fails here, the store stays closed."""
    try:
        yield
    except CommitUnknownError:
        raise  # perhaps the rows are those of the backup
    except StorageError:
        with contextlib.suppress(StorageError), gate.locked() as (_, change):
            change.set_open(True)
            change.write_mark(mark or CopyMark("", "done"))
        raise
