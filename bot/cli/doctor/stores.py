"""Check the store: can it be read and written, do its locks work, and which problems does it report?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from openab_auth.bot.cli.doctor.check import Check
from openab_auth.bot.cli.doctor.database import check_database
from openab_auth.bot.cli.doctor.filesystem import check_file_system
from openab_auth.storage import Entry, FileStore, Store, StoreLocation, open_store
from openab_auth.storage.errors import StorageError

_PATIENCE: Final = 10  # seconds; another process starts and tries the lock
_DOCTORS_TENANT: Final = "openab-auth-doctor"  # its own lock, so that no agent waits for this check
_TAKE_LOCK: Final = """
import sys
from openab_auth.storage import open_store
sys.exit(0 if open_store(sys.argv[1]).lease(sys.argv[2]).try_acquire() else 3)
"""


def check_store(location: StoreLocation) -> tuple[list[Check], Mapping[str, Entry]]:
    """Return the checks, and the entries for other checks; no entries if the store cannot be read."""
    try:
        store = open_store(location)
    except StorageError as error:
        return [_failed(error)], {}
    checks: list[Check] = []
    entries: Mapping[str, Entry] = {}
    try:
        entries = store.read()
        store.check_writable()
        count = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
        message = f"{location}: {count}, readable and writable"
        checks.append(Check("store", ok=True, message=message))
    except StorageError as error:
        checks.append(_failed(error))
    if isinstance(store, FileStore):
        checks += [_look_at_locks(store), check_file_system(store.path.parent)]
    elif location.is_postgres:
        checks += check_database(location)
    return checks + _look_at_problems(store, known=checks), entries


def _look_at_problems(store: Store, known: list[Check]) -> list[Check]:
    """Report the store's own problems: owners, modes, damage, spills, leftover files."""
    said = {check.message for check in known}
    try:
        problems = store.problems()
    except StorageError as error:
        return [] if error.happened in said else [_failed(error)]
    return [Check("store files", ok=False, message=p.what, hint=p.repair) for p in problems if p.what not in said]


def _failed(error: StorageError) -> Check:
    return Check("store", ok=False, message=error.happened, hint=error.todo)


def _look_at_locks(store: FileStore) -> Check:
    """Hold a lock and let another process try to take it: only the file system knows whether locks work."""
    try:
        lock = store.lease(_DOCTORS_TENANT)
        if not lock.try_acquire():
            return Check("locks", ok=True, message="not checked: another `doctor` holds the test lock")
        try:
            while_held = _status_of_other_process(store.path)
        finally:
            lock.release()
        when_free = _status_of_other_process(store.path)
    except (StorageError, OSError, subprocess.TimeoutExpired) as error:
        if isinstance(error, StorageError):
            return Check("locks", ok=False, message=error.happened, hint=error.todo)
        hint = "see whether another program can be started here, then try again"
        return Check("locks", ok=False, message=f"no other process could try ({error})", hint=hint)
    if (while_held, when_free) == (3, 0):
        return Check("locks", ok=True, message="two processes of this machine exclude each other")
    hint = "move the store to a local file system: this one does not share flock(2)"
    return Check("locks", ok=False, message="two processes do not exclude each other", hint=hint)


def _status_of_other_process(path: Path) -> int:
    command = [sys.executable, "-P", "-c", _TAKE_LOCK, str(path), _DOCTORS_TENANT]
    done = subprocess.run(command, check=False, timeout=_PATIENCE, capture_output=True)  # noqa: S603 - our own words
    return done.returncode
