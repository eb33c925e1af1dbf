"""Read the audit log together with the files that logrotate and this program have moved away."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from openab_auth.oauth.audit.text import LONGEST
from openab_auth.storage.errors import OpenabAuthError

Line = dict[str, object]
_OLD_NAMES: Final = {"tenant": "account", "login": "account"}  # of lines that earlier versions have written
_UNREADABLE: Final = (".xz", ".bz2", ".zst", ".lz4", ".Z")
_UNKNOWN: Final = "is packed in a way that this command cannot read"
_CUT: Final = "is damaged or not packed to its end; the lines after that place are missing"
_ATTEMPTS: Final = 3  # before a file that moves all the time is named; logrotate moves each once a day
_LARGEST: Final = 2**53
_LONGEST: Final = 4 * LONGEST  # bytes; a longer line is none of ours


class _File(NamedTuple):
    """A file of the log, as it was found in its folder."""

    path: Path
    inode: int

    @property
    def is_packed(self) -> bool:
        """Return whether a file of the same lines may lie beside this one while it is made."""
        return self.path.suffix in {".gz", *_UNREADABLE}


class AuditUnreadableError(OpenabAuthError):
    """A file of the audit log cannot be read."""

    code = "audit_unreadable"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"the audit log {path} cannot be read ({reason})",
            kept="it is unchanged",
            todo="run this command as the user of the bot, or correct the file's mode",
        )


class FoundLines(NamedTuple):
    """The lines that were found, in the order of their times.

    `damaged` counts what is no line; `skipped` says of each file that was not read as a whole why.
    """

    lines: tuple[Line, ...]
    damaged: int
    skipped: tuple[str, ...]


class _SkippedError(Exception):
    """A file cannot be read to its end, for this reason."""


class _FilesMovedError(Exception):
    """A file was moved away or packed before it was opened."""


def read_audit(path: Path, since: float, is_wanted: Callable[[Line], bool]) -> FoundLines:
    """Return the wanted lines that were written after `since` (unix seconds).

    Raises:
        AuditUnreadableError: a file cannot be read.
    """
    for _ in range(_ATTEMPTS):
        with suppress(_FilesMovedError):
            return _read(_files(path, since), since, is_wanted, skips_moved=False)
    return _read(_files(path, since), since, is_wanted, skips_moved=True)


def _read(files: list[_File], since: float, is_wanted: Callable[[Line], bool], *, skips_moved: bool) -> FoundLines:
    """Read these files.

    Raises:
        _FilesMovedError: one is not in its place any more, unless `skips_moved`.
        AuditUnreadableError: one cannot be read.
    """
    found: list[tuple[float, Line]] = []
    damaged, skipped = 0, []
    for file in files:
        try:
            for text in _texts(file):
                line = _parsed(text)
                if line is None:
                    damaged += bool(text.strip())
                elif line[0] >= since and is_wanted(line[1]):
                    found.append(line)
        except _SkippedError as error:
            skipped.append(f"{file.path} {error}")
        except _FilesMovedError:
            if not skips_moved:
                raise
            skipped.append(f"{file.path} was moved away before it was read")
    found.sort(key=lambda one: one[0])
    return FoundLines(tuple(line for _, line in found), damaged, tuple(skipped))


def _files(path: Path, since: float) -> list[_File]:
    """Return the files of the log that may have lines after `since`, the oldest first.

    A packed file beside the file that it is made of is left out: logrotate is packing at this moment.

    Raises:
        AuditUnreadableError: the folder cannot be read.
    """
    there: list[tuple[float, _File]] = []
    try:
        with os.scandir(path.parent) as entries:
            for one in entries:
                if _is_ours(one, path.name):
                    status = one.stat(follow_symlinks=False)
                    there.append((status.st_mtime, _File(path.with_name(one.name), status.st_ino)))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise AuditUnreadableError(str(path), error.strerror or type(error).__name__) from None
    names = {file.path.name for _, file in there}
    whole = [(at, file) for at, file in there if not (file.is_packed and file.path.stem in names)]
    return [file for changed, file in sorted(whole) if changed >= since]


def _is_ours(one: os.DirEntry[str], name: str) -> bool:
    """Return whether this is the log or a moved one: `….old`, `….1`, `….2.gz`, `…-20260131`."""
    return one.is_file(follow_symlinks=False) and (one.name == name or one.name.startswith((f"{name}.", f"{name}-")))


def _texts(file: _File) -> Iterator[bytes]:
    """Yield the lines of a file.

    Raises:
        _SkippedError: the file cannot be read to its end.
        _FilesMovedError: the file is not in its place any more.
        AuditUnreadableError: the system refuses to open the file.
    """
    if file.path.name.endswith(_UNREADABLE):
        raise _SkippedError(_UNKNOWN)
    try:
        with file.path.open("rb") as raw:
            if os.fstat(raw.fileno()).st_ino != file.inode:
                raise _FilesMovedError
            lines = gzip.GzipFile(fileobj=raw) if file.path.suffix == ".gz" else raw
            while text := lines.readline(_LONGEST):
                yield text
    except FileNotFoundError:
        raise _FilesMovedError from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise _SkippedError(_CUT) from None
    except OSError as error:
        raise AuditUnreadableError(str(file.path), error.strerror or type(error).__name__) from None


def _parsed(text: bytes) -> tuple[float, Line] | None:
    """Return the time and the fields of a line, or None if it is none, for example because a full disk has cut it."""
    try:
        line = json.loads(text)
        at = datetime.fromisoformat(line["time"]).timestamp()
        fields = {_OLD_NAMES.get(name, name): value for name, value in line.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        return None
    people = fields.get("user"), fields.get("person")
    has_names = all(one is None or isinstance(one, str | int) for one in people)
    return (at, fields) if has_names and all(map(_is_known, fields.values())) else None


def _is_known(value: object) -> bool:
    """Return whether a line of ours may hold this value: a text, a small number, or some of them."""
    if isinstance(value, list):
        return all(map(_is_word, value))
    if isinstance(value, dict):
        return all(map(_is_word, value.values()))
    return _is_word(value)


def _is_word(value: object) -> bool:
    """Return whether this is a text, a word of JSON or a number; a larger one is none for many readers of JSON."""
    if isinstance(value, int | float):
        return -_LARGEST <= value <= _LARGEST  # false for NaN
    return value is None or isinstance(value, str)
