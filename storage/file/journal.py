"""The journal: a renewed login that could not be committed lies beside the store, 0600, until it can be.

`auth.json.spill.<tenant>` holds the entry and the SHA-256 of the refresh tokens that it takes the place of: of the one
that was posted, and of those that an earlier spill replaced. "no login" stands for the login that was not there before
a first one. A spill counts only while the stored refresh token is one of them, so a login or a logout that came in
between wins. It is written without the global lock, which may be the very thing that could not be had, and removed
under it, after the commit that made it needless is durable.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from openab_auth.storage.entries import Entry, LoginEntry, McpEntry, TokenEntry
from openab_auth.storage.errors import StorageError, StoreUnreadableError
from openab_auth.storage.file import atomic, folder, regular_file
from openab_auth.storage.format import codec, shapes
from openab_auth.storage.format.keys import sidecar_name
from openab_auth.storage.secret import Secret
from openab_auth.storage.spill_rule import comes_after, replaced_mark

_LARGEST: Final = 2**20  # bytes; no entry is near it


@dataclass(frozen=True, slots=True)
class Spill:
    """One spilled login; `replaces` are fingerprints, `file` says which file it is, once it is one."""

    tenant: str
    entry: LoginEntry
    replaces: tuple[str, ...]
    file: tuple[int, int] | None = None

    def takes_place_of(self, stored: Entry | None) -> bool:
        """Whether `stored` is still what this came after."""
        return comes_after(self.entry, stored, self.replaces)


def path_of(path: Path, tenant: str) -> Path:
    """Where the spill of this tenant lies."""
    return path.with_name(_mark(path) + tenant)


def _mark(path: Path) -> str:
    return f"{path.name}.spill."


def compose(path: Path, tenant: str, entry: LoginEntry, replaces: Secret | None) -> Spill:
    """Return what is to be kept of `entry`; nothing is written yet.

    The vendor gave it for the refresh token `replaces`, or in a login; None where no login was there before.

    Raises:
        StorageError: no store could keep it.
    """
    sidecar_name(path.name, tenant)
    codec.check(tenant, entry)
    posted = replaced_mark(replaces)
    with contextlib.suppress(_NoSpillError, FileNotFoundError):
        earlier = _read(path_of(path, tenant), tenant)
        if earlier.entry.refresh_token.fingerprint() == posted:
            return Spill(tenant, entry, (*earlier.replaces, posted))
    return Spill(tenant, entry, (posted,))


def write(path: Path, spill: Spill) -> Spill:
    """Keep it durably.

    Raises:
        StoreUnwritableError: it is not kept.
    """
    members = {"replaces": spill.replaces, "entry": shapes.to_json(spill.entry)}
    text = json.dumps(members, ensure_ascii=False, indent=2)
    written = atomic.swap(path_of(path, spill.tenant), text.encode(), temporary_of=path)
    folder.sync(path.parent)
    return replace(spill, file=_file(written))


def spill_files(path: Path) -> list[str]:
    """Return the names of the files beside this credential file that bear a spill's name; none in an unlistable folder.

    Raises:
        StoreUnreadableError: the folder could not be read.
    """
    return spills_among(path, folder.names(path.parent))


def spills_among(path: Path, names: Collection[str]) -> list[str]:
    """Return those of the names in the folder that are a spill's."""
    mark = _mark(path)
    return sorted(name for name in names if name.startswith(mark))


def load(path: Path, files: Collection[str]) -> tuple[Spill, ...]:
    """Return what is spilled in these files; what is gone, damaged or foreign is left alone.

    Raises:
        StoreUnreadableError: one of them could not be read. To count it as none would post a token that is spent.
    """
    return tuple([found for _, found in _found(path, files) if isinstance(found, Spill)]) if files else ()


def strangers(path: Path, files: Collection[str]) -> list[tuple[Path, str]]:
    """Those of these files that are no spill, with the reason."""
    return [(place, found) for place, found in _found(path, files) if isinstance(found, str)]


def recovered(spills: tuple[Spill, ...], entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The spilled entries that take the place of stored ones."""
    return {spill.tenant: spill.entry for spill in spills if spill.takes_place_of(entries.get(spill.tenant))}


def discard(path: Path, spill: Spill) -> None:
    """Remove this spill, but not one that was written since."""
    place = path_of(path, spill.tenant)
    with contextlib.suppress(OSError):
        if _file(os.lstat(place)) == spill.file:
            place.unlink()


def _file(found: os.stat_result) -> tuple[int, int]:
    return found.st_ino, found.st_mtime_ns


def _found(path: Path, files: Collection[str]) -> Iterator[tuple[Path, Spill | str]]:
    for name in files:
        place = path.with_name(name)
        try:
            yield place, _read(place, name.removeprefix(_mark(path)))
        except FileNotFoundError:
            continue
        except _NoSpillError as error:
            yield place, error.reason


def _read(place: Path, tenant: str) -> Spill:
    """Read one spill.

    Raises:
        FileNotFoundError, _NoSpillError: there is none.
        StoreUnreadableError: it is there but could not be read, so that it must be neither ignored nor replaced.
    """
    try:
        data, found = regular_file.read(place, os.O_NOFOLLOW)
        _check_ours(found, place.parent)
    except FileNotFoundError:
        raise
    except OSError as error:
        if reason := _not_ours(place, error):
            raise _NoSpillError(reason) from None
        raise StoreUnreadableError(place, regular_file.reason_of(error)) from error
    match _parsed(data):
        case {"replaces": [*replaces], "entry": value} if all(isinstance(one, str) for one in replaces):
            return Spill(tenant, _entry(tenant, value), tuple(map(str, replaces)), _file(found))
    raise _NoSpillError(_DAMAGED)


def _not_ours(place: Path, error: OSError) -> str | None:
    """Explain why a file that cannot be read is no spill of ours, or return None when it may be one."""
    if error.errno == errno.ELOOP:
        return _LINK
    if isinstance(error, regular_file.NotRegularError):
        return error.strerror
    if isinstance(error, PermissionError):
        with contextlib.suppress(OSError):
            if os.lstat(place).st_uid not in {os.geteuid(), place.parent.stat().st_uid}:
                return _FOREIGN
    return None


def _check_ours(found: os.stat_result, folder: Path) -> None:
    if found.st_size > _LARGEST:
        raise _NoSpillError(_TOO_LARGE)
    if found.st_uid not in {os.geteuid(), folder.stat().st_uid} or stat.S_IMODE(found.st_mode) & 0o022:
        raise _NoSpillError(_FOREIGN)


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise _NoSpillError(_DAMAGED) from None


def _entry(tenant: str, value: object) -> LoginEntry:
    try:
        entry = shapes.from_json(value)
        codec.check(tenant, entry)
    except (shapes.NoShapeError, StorageError):
        raise _NoSpillError(_DAMAGED) from None
    if isinstance(entry, TokenEntry | McpEntry):
        return entry
    raise _NoSpillError(_DAMAGED)


class _NoSpillError(ValueError):
    """It bears a spill's name, and this is why it is none."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_LINK: Final = "it is a symbolic link"
_TOO_LARGE: Final = "it is larger than any login"
_FOREIGN: Final = "others own it or may write it"
_DAMAGED: Final = "it is damaged"
