"""What an operator should repair about the credential file and what lies beside it; looking changes nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.file import folder, journal, notes_file, quarantine, regular_file, temporary_files
from openab_auth.storage.file.record_files import RecordFile
from openab_auth.storage.records import clients, servers
from openab_auth.storage.store import Problem


def find(path: Path, now: float, tenants: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with the rights, then what faults left behind; `now` is in unix seconds.

    `tenants` are the keys of all entries.
    """
    try:
        yield from _find(path, now, tenants)
    except StoreUnreadableError as error:  # the folder, or a spill: what else there is cannot be seen
        yield Problem(error.happened, error.todo)


def of_ended(places: Iterable[Path]) -> Iterator[Problem]:
    """Yield the files that a logout could neither remove nor clear, as far as they are still there."""
    for place in places:
        if _stat(place) is not None:
            what = f"{place} may hold tokens of a login that has ended: it could not be removed"
            yield Problem(what, f"rm {place}", ended=True)


def _find(path: Path, now: float, tenants: Collection[str]) -> Iterator[Problem]:
    yield from _of_rights(path)
    yield from _of_beside(notes_file.FILE, path, *_NOTES_DAMAGED)
    yield from _of_beside(clients.FILE, path, *_CLIENTS_DAMAGED)
    yield from _of_journal(path)
    yield from _of_beside(servers.FILE, path, *_SERVERS_DAMAGED)
    yield from _of_quarantine(path, "log in again where logins are missing, then delete it")
    yield from _of_quarantine(notes_file.FILE.path_of(path), "delete it: it says who made which login, and no more")
    yield from _of_quarantine(clients.FILE.path_of(path), _CLIENTS_LOST)
    yield from _of_quarantine(servers.FILE.path_of(path), "add the servers that are missing again, then delete it")
    for left in temporary_files.find(path, now, tenants):
        yield Problem(f"{left} was left by a writer that was killed, and may hold tokens", _LEFT, ended=True)


def _of_rights(path: Path) -> Iterator[Problem]:
    try:
        there = os.stat(path.parent)  # noqa: PTH116 -- pathlib's differs between versions in what it swallows
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreUnreadableError(path.parent, regular_file.reason_of(error)) from error
    if not folder.can_be_listed(path.parent):
        what = f"{path.parent} cannot be listed, so a renewed login that lies beside the store is not seen"
        yield Problem(what, f"chmod u+r {path.parent}")
    if stat.S_IMODE(there.st_mode) & 0o022:
        yield Problem(f"{path.parent} can be written by others", f"chmod 700 {path.parent}")
    owner = there.st_uid if os.geteuid() == 0 else os.geteuid()
    sidecars = sorted(path.with_name(name) for name in folder.names(path.parent) if _is_sidecar(name, path))
    beside = [notes_file.FILE.path_of(path), clients.FILE.path_of(path), servers.FILE.path_of(path)]
    for place in (path, *beside, *sidecars):
        found = _stat(place)
        if isinstance(found, Problem):
            yield found
        elif found is not None:
            unlink = "give the path that it points to" if place == path else f"rm {place}"
            yield from _of_file(place, found, owner, unlink)


def _of_file(place: Path, found: os.stat_result, owner: int, unlink: str) -> Iterator[Problem]:
    if stat.S_ISLNK(found.st_mode):
        yield Problem(f"{place} is a symbolic link", unlink)
    elif found.st_uid != owner:
        yield Problem(f"{place} belongs to uid {found.st_uid}, not to {owner}", f"sudo chown {owner} {place}")
    elif stat.S_IMODE(found.st_mode) & 0o077:
        yield Problem(f"{place} can be read by others", f"chmod 600 {place}")


def _of_beside(file: RecordFile[Any], path: Path, damaged: str, repair: str) -> Iterator[Problem]:
    """Look at one file of records; `damaged` says what is missing then, and `repair` what brings it back."""
    place = file.path_of(path)
    try:
        if file.is_damaged(path):
            yield Problem(f"{place} is damaged: {damaged}", repair.format(place))
    except StoreUnreadableError as error:
        yield Problem(error.happened, error.todo)


def _of_journal(path: Path) -> Iterator[Problem]:
    files = journal.spill_files(path)
    for spill in journal.load(path, files):
        what = f"{journal.path_of(path, spill.tenant)} holds a renewed login that could not be committed"
        repair = "free space or mend the rights of its folder; the next update commits it, unless another login came in"
        yield Problem(what, repair)
    for place, reason in journal.strangers(path, files):
        yield Problem(f"{place} is not followed: {reason}", f"rm {place}")


def _of_quarantine(path: Path, repair: str) -> Iterator[Problem]:
    for kept in quarantine.kept_files(path):
        found = _stat(kept)
        if isinstance(found, Problem):
            yield found
        elif found is not None and not stat.S_ISREG(found.st_mode):
            yield Problem(f"{kept} is no plain file: a logout takes no token out of it", f"rm {kept}")
        else:
            tokens = ", and perhaps tokens of a login that has ended since: it could not be rewritten"
            what = f"{kept} holds the bytes of a damaged file{tokens if quarantine.is_uncleared(kept) else ''}"
            yield Problem(what, repair, ended=quarantine.is_uncleared(kept))


def _is_sidecar(name: str, path: Path) -> bool:
    return name.startswith(f"{path.name}.") and name.endswith(".lock")


def _stat(place: Path) -> os.stat_result | Problem | None:
    try:
        return os.lstat(place)
    except FileNotFoundError:
        return None
    except OSError as error:
        unreadable = StoreUnreadableError(place, regular_file.reason_of(error))
        return Problem(unreadable.happened, unreadable.todo)


_LEFT: Final = "none is needed: the next update removes it"
_CLIENTS_LOST: Final = "log in again at the servers that want it (it holds their clients' secrets), then delete it"
_NOTES_DAMAGED: Final = ("it is not known who made which login", "none is needed: the next login writes it anew")
_CLIENTS_DAMAGED: Final = ("what is no client in it is not used", "log in again at the servers that want it")
_SERVERS_DAMAGED: Final = (
    "what is no server in it is not offered",
    "mend it, or rm {} and add the servers that are missing again",
)
