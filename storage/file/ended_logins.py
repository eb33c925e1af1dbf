"""Leaves no token of a login that has ended in any file of the store; only ever called under the global lock.

Temporary files and the login's spill are removed. In every other file whose name holds the store's, such as what was
kept of a damaged file or an editor's copy, the tokens are overwritten. Another store in the same folder is left alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from openab_auth.storage.errors import StorageError
from openab_auth.storage.file import atomic, folder, journal, quarantine, redact, regular_file, temporary_files
from openab_auth.storage.format.keys import is_file_name

_LARGEST: Final = 2**22  # bytes that are looked through while everybody waits for the lock


def clear(path: Path, ended: Iterable[str], secrets: Collection[str], tenants: Collection[str]) -> list[Path]:
    """Clear the files beside `path` of the logins `ended`; return those that may still hold their tokens.

    `tenants` are the keys of all logins that there are or were. Nobody waits for that, so nothing is raised.
    """
    spills = [journal.path_of(path, tenant) for tenant in ended if is_file_name(tenant)]
    try:
        names = _names_of(path)
    except StorageError:
        try:
            names = _names_of(path)  # the logout is committed: nobody comes here again
        except StorageError:
            return [path.parent, *_erased(spills)]
    left = _erased([*spills, *temporary_files.all_of(path, names, tenants)])
    for name in sorted(names - {path.name}) if secrets else []:
        place = path.with_name(name)
        try:
            _blank(place, secrets, path)
        except (OSError, StorageError):
            left.append(quarantine.name_uncleared(place))
    return left


def _erased(places: Iterable[Path]) -> list[Path]:
    return [place for place in places if not temporary_files.erase(place)]


def _names_of(path: Path) -> set[str]:
    """Return the names in the folder that hold the store's name, without locks and another store's files."""
    names = temporary_files.without_other_stores(path, folder.names(path.parent))
    return {name for name in names if path.name in name and not name.endswith(".lock")}


def _blank(place: Path, secrets: Collection[str], path: Path) -> None:
    """Overwrite the secrets in a file, which keeps its mode and its owner.

    Raises:
        OSError: it cannot be read, or is too large to be looked through.
        StorageError: it cannot be written.
    """
    try:
        found = os.lstat(place)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        return
    if found.st_size > _LARGEST:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    with contextlib.suppress(FileNotFoundError):
        data, _ = regular_file.read(place, os.O_NOFOLLOW)
        cleared = redact.redacted(data, secrets)
        if cleared != data:
            atomic.swap(place, cleared, temporary_of=path, mode=stat.S_IMODE(found.st_mode))
