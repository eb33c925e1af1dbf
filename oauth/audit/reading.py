"""Read the audit log together with the files that logrotate and this program have moved away."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from openab_auth.oauth.audit.text import LONGEST
from openab_auth.storage.errors import OpenabAuthError

Line = dict[str, object]
_OLD_NAMES: Final = {"tenant": "account", "login": "account"}  # of lines that earlier versions have written
_UNREADABLE: Final = (".xz", ".bz2", ".zst", ".lz4", ".Z")
_LONGEST: Final = 4 * LONGEST  # bytes; a longer line is none of ours


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
    """The lines that were found, in the order of their times; `damaged` counts others, `skipped` are files not read."""

    lines: tuple[Line, ...]
    damaged: int
    skipped: tuple[str, ...]


def read_audit(path: Path, since: float, is_wanted: Callable[[Line], bool]) -> FoundLines:
    """Return the wanted lines that were written after `since` (unix seconds).

    Raises:
        AuditUnreadableError: a file cannot be read.
    """
    found: list[tuple[float, Line]] = []
    damaged, skipped = 0, []
    for file in _files(path, since):
        if file.name.endswith(_UNREADABLE):
            skipped.append(str(file))
            continue
        for text in _texts(file):
            line = _parsed(text)
            if line is None:
                damaged += bool(text.strip())
            elif line[0] >= since and is_wanted(line[1]):
                found.append(line)
    found.sort(key=lambda one: one[0])
    return FoundLines(tuple(line for _, line in found), damaged, tuple(skipped))


def _files(path: Path, since: float) -> list[Path]:
    """Return the files of the log that may have lines after `since`, the oldest first.

    Raises:
        AuditUnreadableError: the folder cannot be read.
    """
    try:
        with os.scandir(path.parent) as there:
            names = [(one.stat(follow_symlinks=False).st_mtime, one.name) for one in there if _is_ours(one, path.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise AuditUnreadableError(str(path), error.strerror or type(error).__name__) from None
    return [path.with_name(name) for changed, name in sorted(names) if changed >= since]


def _is_ours(one: os.DirEntry[str], name: str) -> bool:
    """Return whether this is the log or a moved one: `….old`, `….1`, `….2.gz`, `…-20260131`."""
    return one.is_file(follow_symlinks=False) and (one.name == name or one.name.startswith((f"{name}.", f"{name}-")))


def _texts(file: Path) -> Iterator[bytes]:
    """Yield the lines of a file.

    Raises:
        AuditUnreadableError: the file cannot be read.
    """
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rb") as lines:
            while text := lines.readline(_LONGEST):
                yield text
    except FileNotFoundError:
        return  # logrotate was faster
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise AuditUnreadableError(str(file), reason or "it is damaged") from None


def _parsed(text: bytes) -> tuple[float, Line] | None:
    """Return the time and the fields of a line, or None if it is none, for example because a full disk has cut it."""
    try:
        line = json.loads(text)
        return datetime.fromisoformat(line["time"]).timestamp(), {
            _OLD_NAMES.get(name, name): value for name, value in line.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        return None
