"""The file of a backup: a line with its format and its checksum, then one JSON object.

The JSON object says when and of which store the backup was made. It has the contents of the store as they are, or
encrypted with a key of the store.
"""

from __future__ import annotations

import base64
import json
import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from openab_auth.storage.backups.errors import (
    BackupDamagedError,
    BackupExistsError,
    BackupNotOursError,
    BackupTooNewError,
    NoBackupError,
)
from openab_auth.storage.contents import Contents
from openab_auth.storage.disk import atomic, regular_file
from openab_auth.storage.entries import Json
from openab_auth.storage.errors import InvalidTenantError, StoreUnreadableError
from openab_auth.storage.format.keys import check_tenant

FORMAT: Final = 1
_MAGIC: Final = b"openab-auth-backup"
_LARGEST_LINE: Final = 200  # bytes
_ROOT: Final = 0
_LATEST: Final = 253_402_300_800  # unix seconds; later years have no name


@dataclass(frozen=True, slots=True)
class Sealed:
    """Encrypted contents, and the id of their key."""

    key_id: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup: when (unix seconds) and of which store it was made, and its contents.

    `store_id` is the id of a PostgreSQL store, and `version` the version of this program that made the backup.
    """

    made_at: int
    place: str
    store_id: UUID | None
    version: str
    logins: int
    contents: Contents | Sealed

    @property
    def key_id(self) -> str:
        """Return the id of the key that encrypts it; empty if it is not encrypted."""
        return self.contents.key_id if isinstance(self.contents, Sealed) else ""


def write_backup(path: Path, backup: Backup) -> None:
    """Write a backup durably, for its owner alone; a file of this name is never replaced.

    Raises:
        BackupExistsError: the name is taken.
        StoreUnwritableError: the file was not written, and nothing is left behind.
    """
    members: dict[str, Json] = {
        "made_at": backup.made_at,
        "place": backup.place,
        "store_id": None if backup.store_id is None else str(backup.store_id),
        "version": backup.version,
        "logins": backup.logins,
    }
    if isinstance(backup.contents, Sealed):
        text = base64.b64encode(backup.contents.text).decode("ascii")
        members |= {"key_id": backup.contents.key_id, "sealed": text}
    else:
        members["contents"] = dict(backup.contents.to_json())
    body = json.dumps(members, ensure_ascii=False, indent=1).encode() + b"\n"
    head = f"{FORMAT} sha256:{sha256(body).hexdigest()}\n".encode()
    if not atomic.publish(path, _MAGIC + b" " + head + body):
        raise BackupExistsError(path)


def read_backup(path: Path) -> Backup:
    """Return the backup in a file.

    Raises:
        BackupError: it is no backup, is damaged, is too new, or other users may have written it.
        StoreUnreadableError: the file could not be read.
    """
    try:
        data, found = regular_file.read(path)
    except OSError as error:
        raise StoreUnreadableError(path, error) from error
    line, newline, body = data.partition(b"\n")
    words = line.split(b" ")
    if words[0] != _MAGIC or len(line) > _LARGEST_LINE:
        raise NoBackupError(path)
    if found.st_uid not in {_ROOT, os.geteuid()}:
        raise BackupNotOursError(path, f"it belongs to uid {found.st_uid}")
    if (mode := stat.S_IMODE(found.st_mode)) & 0o022:
        raise BackupNotOursError(path, f"its mode is {mode:o}")
    match words[1:]:
        case [number, *_] if number.isdigit() and int(number) > FORMAT:
            raise BackupTooNewError(path, int(number))
        case [b"1", checksum] if newline and checksum == b"sha256:" + sha256(body).hexdigest().encode():
            return _parsed(path, body)
    raise BackupDamagedError(path, "its checksum is wrong")


def _parsed(path: str | os.PathLike[str], body: bytes) -> Backup:
    try:
        members = json.loads(body)
        contents: Contents | Sealed
        if "sealed" in members:
            contents = Sealed(str(members["key_id"]), base64.b64decode(members["sealed"], validate=True))
        else:
            contents = whole_contents(members["contents"])
        return Backup(
            made_at=_time(members["made_at"]),
            place="".join(one if one.isprintable() else "?" for one in str(members["place"])),
            store_id=None if members["store_id"] is None else UUID(members["store_id"]),
            version=str(members["version"]),
            logins=int(members["logins"]),
            contents=contents,
        )
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError, RecursionError):
        raise BackupDamagedError(path, "its content cannot be read") from None


def _time(found: float) -> int:
    if not 0 <= found < _LATEST:
        raise ValueError
    return int(found)


def whole_contents(found: object) -> Contents:
    """Return the contents in a JSON object of a backup.

    Raises:
        ValueError: it holds something that no store can hold.
    """
    contents = Contents.from_json(found)
    try:
        for key in contents.entries:
            check_tenant(key)
    except InvalidTenantError:
        raise ValueError from None
    return contents
