"""Removes the tokens of ended logins from all files of the store; call it only under the global lock.

Temporary files and the spills of the ended logins are removed. In every other file whose name contains the store's
name, the tokens are overwritten: in kept damaged files, and in copies that an editor made. The files of another store
in the same folder are left alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from openab_auth.storage import journal
from openab_auth.storage.disk import atomic, folder, regular_file
from openab_auth.storage.errors import StorageError
from openab_auth.storage.file.leftovers import quarantine, redact, temporary_files
from openab_auth.storage.format.keys import is_file_name

_LARGEST: Final = 2**22  # bytes; a larger file would make every process wait too long for the lock


def clear(path: Path, ended: Iterable[str], secrets: Collection[str], tenants: Collection[str]) -> list[Path]:
    """Remove the tokens of the `ended` logins from the files beside `path`; return files that may still have them.

    `secrets` are the tokens, and `tenants` are the keys of all logins before and after the logout. The logout is
    committed already, so this raises no error.
    """
    spills = [journal.path_of(path, tenant) for tenant in ended if is_file_name(tenant)]
    try:
        names = _names_of(path)
    except StorageError:
        try:
            names = _names_of(path)  # the logout is committed, so nobody will try this again
        except StorageError:
            return [path.parent, *_erased(spills)]
    left = _erased([*spills, *temporary_files.all_of(path, names, tenants)])
    for name in sorted(names - {path.name}) if secrets else []:
        place = path.with_name(name)
        try:
            _redact(place, secrets, path)
        except (OSError, StorageError):
            left.append(quarantine.name_uncleared(place))
    return left


def _erased(places: Iterable[Path]) -> list[Path]:
    return [place for place in places if not temporary_files.erase(place)]


def _names_of(path: Path) -> set[str]:
    """Return the names in the folder that contain the store's name.

    Locks, files of another store and the audit log are left out: that log never holds a token, and becomes large.
    """
    from openab_auth.storage.disk.append import LOG_SUFFIX  # noqa: PLC0415 - only a logout needs it

    names = temporary_files.without_other_stores(path, folder.names(path.parent))
    audit = f"{path.name}{LOG_SUFFIX}"
    return {name for name in names if path.name in name and not name.endswith(".lock") and not name.startswith(audit)}


def _redact(place: Path, secrets: Collection[str], path: Path) -> None:
    """Overwrite the secrets in a file, without a change of its mode or its owner.

    Raises:
        OSError: the file cannot be read, or is too large to search.
        StorageError: the file cannot be written.
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
