"""Finds everything about the credential file and the files beside it that an operator should repair.

Looking changes nothing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from openab_auth.storage import journal
from openab_auth.storage.disk import folder, mounts
from openab_auth.storage.errors import StoreUnreadableError, StoreUnwritableError
from openab_auth.storage.file.leftovers import quarantine, temporary_files
from openab_auth.storage.file.record_files import (
    CLIENTS_FILE,
    FACTS_FILE,
    KEYS_FILE,
    NOTES_FILE,
    RECORD_FILES,
    REQUESTS_FILE,
    SERVERS_FILE,
    THREADS_FILE,
    RecordFile,
)
from openab_auth.storage.format.keys import RESTORED
from openab_auth.storage.reader import Problem


def find(path: Path, now: float, tenants: Collection[str]) -> Iterator[Problem]:
    """Yield problems with permissions, then problems that faults left behind.

    `now` is in unix seconds, and `tenants` are the keys of all entries.
    """
    try:
        yield from _find(path, now, tenants)
    except StoreUnreadableError as error:  # the folder or a spill; the rest cannot be checked
        yield Problem(error.happened, error.todo)


def of_ended(places: Iterable[Path]) -> Iterator[Problem]:
    """Yield a problem for each of these files that still exists; a logout could neither remove nor clear them."""
    for place in places:
        if _stat(place) is not None:
            what = f"{place} may hold tokens of an ended login; a logout could not remove it"
            yield Problem(what, f"rm {place}", ended=True)


def _find(path: Path, now: float, tenants: Collection[str]) -> Iterator[Problem]:
    yield from _of_mounts(path)
    yield from _of_rights(path)
    yield from _of_record_file(NOTES_FILE, path, *_NOTES_DAMAGED)
    yield from _of_record_file(CLIENTS_FILE, path, *_CLIENTS_DAMAGED)
    yield from _of_journal(path)
    yield from _of_restored(path)
    yield from _of_record_file(SERVERS_FILE, path, *_SERVERS_DAMAGED)
    yield from _of_record_file(FACTS_FILE, path, *_FACTS_DAMAGED)
    yield from _of_record_file(THREADS_FILE, path, *_THREADS_DAMAGED)
    yield from _of_record_file(REQUESTS_FILE, path, *_REQUESTS_DAMAGED)
    yield from _of_record_file(KEYS_FILE, path, *_KEYS_DAMAGED)
    yield from _of_quarantine(path, "log in again where logins are missing, then delete it")
    yield from _of_quarantine(NOTES_FILE.path_of(path), "delete it: it only says who made which login")
    yield from _of_quarantine(CLIENTS_FILE.path_of(path), _CLIENTS_LOST)
    yield from _of_quarantine(SERVERS_FILE.path_of(path), "add the missing servers again, then delete it")
    yield from _of_quarantine(REQUESTS_FILE.path_of(path), "delete it: agents ask again for what they need")
    yield from _of_quarantine(KEYS_FILE.path_of(path), "make the missing keys again, then delete it")
    yield from _of_quarantine(FACTS_FILE.path_of(path), "delete it: the next refresh by the bot writes what was lost")
    for left in temporary_files.find(path, now, tenants):
        yield Problem(f"{left} may hold tokens; a killed program left it behind", _LEFT, ended=True)


def _of_mounts(path: Path) -> Iterator[Problem]:
    """Yield a problem for each file that the store must replace and that is mounted by itself."""
    spills = map(path.with_name, journal.spill_files(path))
    for place in (path, *(file.path_of(path) for file in RECORD_FILES), *spills):
        with contextlib.suppress(OSError):  # the checks of rights tell what cannot be looked at
            if mounts.is_mount_point(place):
                from openab_auth.storage.file_faults import MOUNTED_ALONE, FaultError  # noqa: PLC0415 -- only a failure needs the table

                unwritable = StoreUnwritableError(place, FaultError.of(errno.EBUSY, MOUNTED_ALONE))
                yield Problem(unwritable.happened, unwritable.todo)


def _of_rights(path: Path) -> Iterator[Problem]:
    try:
        found = os.stat(path.parent)  # noqa: PTH116 -- which errors pathlib hides differs between Python versions
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreUnreadableError(path.parent, error) from error
    if not folder.can_be_listed(path.parent):
        what = f"{path.parent} cannot be listed, so a renewed login in its journal is not found"
        yield Problem(what, f"chmod u+r {path.parent}")
    if stat.S_IMODE(found.st_mode) & 0o022:
        repair = _repair_of_mode(path.parent, f"chmod 700 {path.parent}")
        yield Problem(f"{path.parent} can be written by others", repair)
    owner = found.st_uid if os.geteuid() == 0 else os.geteuid()
    sidecars = sorted(path.with_name(name) for name in folder.names(path.parent) if is_sidecar(name, path))
    record_files = [file.path_of(path) for file in RECORD_FILES]
    for place in (path, *record_files, *sidecars):
        status = _stat(place)
        if isinstance(status, Problem):
            yield status
        elif status is not None:
            unlink = "give the path that it points to" if place == path else f"rm {place}"
            yield from _of_file(place, status, owner, unlink)


def _of_file(place: Path, found: os.stat_result, owner: int, unlink: str) -> Iterator[Problem]:
    """Yield problems with the type, the owner or the mode of a file; `unlink` is the repair of a symbolic link."""
    if stat.S_ISLNK(found.st_mode):
        yield Problem(f"{place} is a symbolic link", unlink)
    elif found.st_uid != owner:
        yield Problem(f"{place} belongs to uid {found.st_uid}, not to {owner}", f"sudo chown {owner} {place}")
    elif stat.S_IMODE(found.st_mode) & 0o077:
        yield Problem(f"{place} can be read by others", _repair_of_mode(place, f"chmod 600 {place}"))


def _repair_of_mode(place: Path, command: str) -> str:
    if mounts.has_modes(place):
        return command
    from openab_auth.storage.file_faults import NO_MODES  # noqa: PLC0415 -- only a failure needs the table

    return NO_MODES.repair


def _of_record_file(file: RecordFile[Any], path: Path, consequence: str, repair: str) -> Iterator[Problem]:
    """Yield a problem if the file is unreadable or damaged; `consequence` and `repair` describe the damage."""
    place = file.path_of(path)
    try:
        if file.is_damaged(path):
            yield Problem(f"{place} is damaged: {consequence}", repair.format(place), damage=True)
    except StoreUnreadableError as error:
        yield Problem(error.happened, error.todo, damage=True)


def _of_journal(path: Path) -> Iterator[Problem]:
    files = journal.spill_files(path)
    for spill in journal.load(path, files):
        what = f"{journal.path_of(path, spill.tenant)} holds a renewed login that could not be committed"
        yield Problem(what, _SPILLED)
    for place, reason in journal.ignored(path, files):
        yield Problem(f"{place} is ignored: {reason}", f"rm {place}")


def _of_restored(path: Path) -> Iterator[Problem]:
    if _stat(path.with_name(f"{path.name}{RESTORED}")) is None:
        return
    from openab_auth.storage.file import restored  # noqa: PLC0415 - only after a restore

    try:
        waiting = restored.find(path)
    except StoreUnreadableError as error:
        yield Problem(error.happened, error.todo, damage=True)
        return
    if waiting is not None and waiting.state == "restoring":
        yield Problem("a restore was interrupted", "run the same `openab-auth store restore` again; it goes on")
    elif waiting is not None:
        tenants = ", ".join(waiting.contents.entries)
        yield Problem(f"restored logins are not refreshed, because their tokens may be spent: {tenants}", _ADOPT)


def _of_quarantine(path: Path, repair: str) -> Iterator[Problem]:
    for kept in quarantine.kept_files(path):
        found = _stat(kept)
        if isinstance(found, Problem):
            yield found
        elif found is not None and not stat.S_ISREG(found.st_mode):
            yield Problem(f"{kept} is not a regular file, so a logout cannot remove tokens from it", f"rm {kept}")
        else:
            uncleared = quarantine.is_uncleared(kept)
            tokens = "; a logout could not remove the tokens of an ended login from it"
            what = f"{kept} is a copy of a damaged file{tokens if uncleared else ''}"
            yield Problem(what, repair, ended=uncleared)


def is_sidecar(name: str, path: Path) -> bool:
    """Return whether a file of this name is a lock of the store at `path`."""
    return name.startswith(f"{path.name}.") and name.endswith(".lock")


def _stat(place: Path) -> os.stat_result | Problem | None:
    """Return the stat of a file, None if it is missing, or the problem that it cannot be looked at."""
    try:
        return os.lstat(place)
    except FileNotFoundError:
        return None
    except OSError as error:
        unreadable = StoreUnreadableError(place, error)
        return Problem(unreadable.happened, unreadable.todo)


_ADOPT: Final = "run `openab-auth store adopt` if no copy of this store is in use, or log in again"
_LEFT: Final = "nothing to do: the next update removes it"
_SPILLED: Final = (
    "free disk space or correct the permissions of its folder; "
    "then the next update commits it, unless there is a newer login"
)
_CLIENTS_LOST: Final = "log in again at each server whose login fails, then delete it (it holds client secrets)"
_NOTES_DAMAGED: Final = ("nobody knows who made which login", "nothing to do: the next login writes the file again")
_CLIENTS_DAMAGED: Final = ("its unreadable clients are not used", "log in again at each server whose login fails")
_SERVERS_DAMAGED: Final = (
    "its unreadable servers are not offered",
    "repair it, or rm {} and add the missing servers again",
)
_FACTS_DAMAGED: Final = (
    "agents without the config cannot renew its logins",
    "nothing to do: the next refresh by the bot, which has the config, writes the file again",
)
_REQUESTS_DAMAGED: Final = (
    "the bot does not know what agents ask for, and may send some news about logins again",
    "nothing to do: the next request or notice writes the file again",
)
_KEYS_DAMAGED: Final = (
    "its unreadable keys open nothing at a broker",
    "repair it, or rm {} and make the missing keys again with `openab-auth key add`",
)
_THREADS_DAMAGED: Final = (
    "agents that know their thread get no token",
    "repair it, or rm {} and start the bot again; then people choose and agree again",
)
