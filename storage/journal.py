"""The journal: files beside the store, mode 0600, with renewed logins that could not be committed yet (spills).

The file `auth.json.spill.<tenant>` has the entry and the SHA-256 of the tokens of each login that the entry replaces.
These are the login before it, and the logins that an earlier spill replaced. "no login" stands for a tenant without a
login. A spill is valid only while one of these logins is stored (`storage.spill_rule`), so a later login or
logout wins. The spill of a login that a person made contains its note, because the stored note describes the login
before it. A spill is written without the global lock, because a busy lock may be the reason for the spill. It is
removed under the global lock, after the commit of its login is durable.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from openab_auth.storage.disk import atomic, folder, ownership, regular_file
from openab_auth.storage.entries import Entry, LoginEntry, McpEntry, TokenEntry, last_token
from openab_auth.storage.errors import StorageError, StoreUnreadableError
from openab_auth.storage.format import codec, shapes
from openab_auth.storage.format.keys import sidecar_name
from openab_auth.storage.records import NOTES, LoginFacts
from openab_auth.storage.records.notes import Note
from openab_auth.storage.spill_rule import comes_after, replaced_marks

_LARGEST: Final = 2**20  # bytes; every entry is far smaller


class Spill(NamedTuple):
    """One spilled login; `replaces` are marks of logins, and `file` identifies its file once it is written."""

    tenant: str
    entry: LoginEntry
    replaces: tuple[str, ...]
    note: Note | None = None  # of a new login; the note of a renewed one stays
    file: tuple[int, int] | None = None

    def takes_place_of(self, stored: Entry | None) -> bool:
        """Return whether this login may still replace `stored`."""
        return comes_after(self.entry, stored, self.replaces)


class SpillUnreadableError(ValueError):
    """A file of the journal cannot be read, and need not be; `reason` says why, without quoting it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Coding(Protocol):
    """How a spill is written: as it is, or encrypted as the rows of a database."""

    def seal(self, tenant: str, text: bytes) -> bytes:
        """Return the bytes of the file for this text."""
        ...

    def open(self, tenant: str, data: bytes) -> bytes:
        """Return the text in these bytes of a file.

        Raises:
            SpillUnreadableError: the file is damaged, or was written for another tenant or store.
            StorageError: the key of the file is missing; it must be neither ignored nor replaced.
        """
        ...


class _Plain:
    def seal(self, tenant: str, text: bytes) -> bytes:  # noqa: ARG002 -- as `Coding`
        return text

    def open(self, tenant: str, data: bytes) -> bytes:  # noqa: ARG002 -- as `Coding`
        return data


PLAIN: Final[Coding] = _Plain()


def path_of(path: Path, tenant: str) -> Path:
    """Return the path of the spill of this tenant."""
    return path.with_name(_mark(path) + tenant)


def _mark(path: Path) -> str:
    return f"{path.name}.spill."


def compose(  # noqa: PLR0913, PLR0917 - a spill, and where it goes
    path: Path,
    tenant: str,
    entry: LoginEntry,
    replaces: LoginEntry | None,
    note: Note | None = None,
    coding: Coding = PLAIN,
) -> Spill:
    """Return the spill for `entry`; nothing is written yet.

    `replaces` is the login that `entry` replaces, or None if there was no login.

    Raises:
        StorageError: no store accepts this tenant or this entry.
    """
    sidecar_name(path.name, tenant)
    codec.check(tenant, entry)
    marks = replaced_marks(replaces)
    with contextlib.suppress(_NoSpillError, FileNotFoundError):
        earlier = _read(path_of(path, tenant), tenant, coding)
        if replaces is not None and last_token(earlier.entry) == last_token(replaces):
            return Spill(tenant, entry, (*earlier.replaces, *marks), note or earlier.note)
    return Spill(tenant, entry, marks, note)


def write(path: Path, spill: Spill, coding: Coding = PLAIN) -> Spill:
    """Write a spill durably and return it with the identity of its file.

    Raises:
        StoreUnwritableError: the spill was not written.
    """
    members: dict[str, object] = {"replaces": spill.replaces, "entry": shapes.to_json(spill.entry)}
    if spill.note is not None:
        members["note"] = NOTES.to_json(spill.note)
    text = json.dumps(members, ensure_ascii=False, indent=2)
    data = coding.seal(spill.tenant, text.encode())
    written = atomic.swap(path_of(path, spill.tenant), data, temporary_of=path)
    folder.sync(path.parent)
    return spill._replace(file=_file(written))


def spill_files(path: Path) -> list[str]:
    """Return the names of all spills beside the credential file; return none if this user may not list the folder.

    Raises:
        StoreUnreadableError: the folder could not be read.
    """
    return spills_among(path, folder.names(path.parent))


def spills_among(path: Path, names: Collection[str]) -> list[str]:
    """Return the names of spills among these names."""
    mark = _mark(path)
    return sorted(name for name in names if name.startswith(mark))


def load(path: Path, files: Collection[str], coding: Coding = PLAIN) -> tuple[Spill, ...]:
    """Return the spills in these files; skip files that are gone, damaged or written by somebody else.

    Raises:
        StoreUnreadableError: a file could not be read. Without its spill this process would post a used refresh token.
    """
    return tuple([found for _, found in _found(path, files, coding) if isinstance(found, Spill)]) if files else ()


def ignored(path: Path, files: Collection[str], coding: Coding = PLAIN) -> list[tuple[Path, str]]:
    """Return the files that are ignored because they are no valid spill, each with the reason."""
    return [(place, found) for place, found in _found(path, files, coding) if isinstance(found, str)]


def notes_of(spills: tuple[Spill, ...], entries: Mapping[str, Entry]) -> dict[str, Note]:
    """Return the notes of the spilled logins that take the place of stored ones."""
    return {s.tenant: s.note for s in spills if s.note is not None and s.takes_place_of(entries.get(s.tenant))}


def facts_of(
    spills: tuple[Spill, ...], entries: Mapping[str, Entry], facts: Mapping[str, LoginFacts]
) -> dict[str, LoginFacts]:
    """Return the facts that a spilled renewal takes over from the login that it replaces.

    A login that a person made has a note in its spill and may have other facts, so it takes over none.
    """
    renewed = (s for s in spills if s.note is None and s.takes_place_of(entries.get(s.tenant)) and s.tenant in facts)
    found = ((s.tenant, facts[s.tenant].taken_over(s.replaces, s.entry.refresh_token)) for s in renewed)
    return {tenant: held for tenant, held in found if held is not None}


def recovered(spills: tuple[Spill, ...], entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the spilled entries that replace stored entries."""
    return {spill.tenant: spill.entry for spill in spills if spill.takes_place_of(entries.get(spill.tenant))}


def discard(path: Path, spill: Spill) -> None:
    """Remove the file of this spill, unless another spill was written there since."""
    with contextlib.suppress(OSError), ownership.entered(path_of(path, spill.tenant)) as (at, name):
        if _file(os.lstat(name, dir_fd=at)) == spill.file:
            os.unlink(name, dir_fd=at)


def _file(found: os.stat_result) -> tuple[int, int]:
    return found.st_ino, found.st_mtime_ns


def _found(path: Path, files: Collection[str], coding: Coding) -> Iterator[tuple[Path, Spill | str]]:
    for name in files:
        place = path.with_name(name)
        try:
            yield place, _read(place, name.removeprefix(_mark(path)), coding)
        except FileNotFoundError:
            continue
        except _NoSpillError as error:
            yield place, error.reason


def _read(place: Path, tenant: str, coding: Coding) -> Spill:
    """Read one spill.

    Raises:
        FileNotFoundError: there is no such file.
        _NoSpillError: the file is no valid spill.
        StoreUnreadableError: the file could not be read, so it must be neither ignored nor replaced.
    """
    try:
        data, found = regular_file.read(place, os.O_NOFOLLOW)
        _check_ours(found, place.parent)
    except FileNotFoundError:
        raise
    except OSError as error:
        if reason := _not_ours(place, error):
            raise _NoSpillError(reason) from None
        raise StoreUnreadableError(place, error) from error
    match _parsed(tenant, data, coding):
        case {"replaces": [*replaces], "entry": value, **others} if all(isinstance(one, str) for one in replaces):
            note = NOTES.from_json(others.get("note"))
            return Spill(tenant, _entry(tenant, value), tuple(map(str, replaces)), note, _file(found))
    raise _NoSpillError(_DAMAGED)


def _not_ours(place: Path, error: OSError) -> str | None:
    """Return why a file that cannot be read is certainly no spill of ours, or None if it may be ours."""
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


def _parsed(tenant: str, data: bytes, coding: Coding) -> object:
    try:
        return json.loads(coding.open(tenant, data))
    except SpillUnreadableError as error:
        raise _NoSpillError(error.reason) from None
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
    """A file has the name of a spill, but is no valid spill; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_LINK: Final = "it is a symbolic link"
_TOO_LARGE: Final = "it is larger than any login"
_FOREIGN: Final = "it belongs to another user, or other users may write to it"
_DAMAGED: Final = "it is damaged"
