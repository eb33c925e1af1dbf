"""What an operator should repair about the credential file and what lies beside it; looking changes nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from storage import clients, folder, journal, leftovers, notes_file, quarantine, servers
from storage.errors import StoreUnreadableError
from storage.store import Problem


def find(path: Path, now: float) -> Iterator[Problem]:
    """Rights first, then what faults left behind; `now` is in unix seconds."""
    yield from _of_rights(path)
    yield from _of_clients(path)
    yield from _of_journal(path)
    yield from _of_servers(path)
    yield from _of_quarantine(path, "log in again where logins are missing, then delete it")
    yield from _of_quarantine(clients.FILE.path_of(path), _CLIENTS_LOST)
    yield from _of_quarantine(servers.FILE.path_of(path), "add the servers that are missing again, then delete it")
    for left in leftovers.find(path, now):
        yield Problem(f"{left} was left by a writer that was killed", "none is needed: the next update removes it")


def _of_rights(path: Path) -> Iterator[Problem]:
    there = _stat(path.parent)
    if there is None:
        return
    if folder.names(path.parent) is None:
        what = f"{path.parent} cannot be listed, so a renewed login that lies beside the store is not seen"
        yield Problem(what, f"chmod u+r {path.parent}")
    if stat.S_IMODE(there.st_mode) & 0o022:
        yield Problem(f"{path.parent} can be written by others", f"chmod 700 {path.parent}")
    owner = there.st_uid if os.geteuid() == 0 else os.geteuid()
    sidecars = sorted(path.parent.glob(f"{path.name}.*.lock"))
    beside = [notes_file.path_of(path), clients.FILE.path_of(path), servers.FILE.path_of(path)]
    for place in (path, *beside, *sidecars):
        found = _stat(place)
        if found is None:
            continue
        if stat.S_ISLNK(found.st_mode):
            yield Problem(
                f"{place} is a symbolic link", "give the path that it points to" if place == path else f"rm {place}"
            )
        elif found.st_uid != owner:
            yield Problem(f"{place} belongs to uid {found.st_uid}, not to {owner}", f"sudo chown {owner} {place}")
        elif stat.S_IMODE(found.st_mode) & 0o077:
            yield Problem(f"{place} can be read by others", f"chmod 600 {place}")


def _of_clients(path: Path) -> Iterator[Problem]:
    try:
        clients.FILE.load(path)
    except StoreUnreadableError as error:
        yield Problem(error.happened, error.todo)


def _of_servers(path: Path) -> Iterator[Problem]:
    """No login stands on this file, so nothing else would say that added servers are missing."""
    place = servers.FILE.path_of(path)
    try:
        if servers.FILE.is_damaged(path):
            repair = f"mend it, or rm {place} and add the servers that are missing again"
            yield Problem(f"{place} is damaged: what is no server in it is not offered", repair)
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
        if found is not None and not stat.S_ISREG(found.st_mode):
            yield Problem(f"{kept} is no plain file: a logout takes no token out of it", f"rm {kept}")
        else:
            tokens = ", and perhaps tokens of a login that has ended since: it could not be rewritten"
            what = f"{kept} holds the bytes of a damaged file{tokens if quarantine.is_uncleared(kept) else ''}"
            yield Problem(what, repair)


def _stat(place: Path) -> os.stat_result | None:
    try:
        return place.lstat()
    except OSError:
        return None


_CLIENTS_LOST: Final = "log in again at the servers that want it (it holds their clients' secrets), then delete it"
