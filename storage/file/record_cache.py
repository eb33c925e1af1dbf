"""The records beside one credential file, each kind read and parsed once for each version of its file."""

from __future__ import annotations

import os
import time
from collections.abc import Hashable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from openab_auth.storage.file.record_files import RecordFile
from openab_auth.storage.file.snapshot import TICK
from openab_auth.storage.records import RecordKind

R = TypeVar("R")
_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class RecordCache:
    """Reads the records of the credential file `path`; while a file is unchanged, a read costs one `stat`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[Hashable, Mapping[str, Any]]] = {}

    def peek(self, kind: RecordKind[R]) -> Mapping[str, R] | None:
        """Return the records if one `stat` proves that they are current, or that there are none; else None."""
        known = self._known.get(kind.name)
        try:
            found = os.lstat(RecordFile(kind).path_of(self._path))
        except FileNotFoundError:
            return _NONE
        except OSError:
            return None
        return known[1] if known is not None and known[0] == _version(found) else None

    def load(self, kind: RecordKind[R]) -> Mapping[str, R]:
        """Return the records of one kind as they are on the disk now, read-only; see `RecordFile.load`.

        Raises:
            StoreUnreadableError: their file is there but could not be read.
        """
        file, now = RecordFile(kind), time.time_ns()
        before = _look(file.path_of(self._path))
        if before is None:
            self._known.pop(kind.name, None)
            return file.load(self._path)
        known, version = self._known.get(kind.name), _version(before)
        if known is not None and known[0] == version:
            return known[1]
        records = MappingProxyType(file.load(self._path))
        after = _look(file.path_of(self._path))
        settled = now - max(before.st_mtime_ns, before.st_ctime_ns) > TICK  # otherwise it may change without a new time
        if settled and after is not None and _version(after) == version:
            self._known[kind.name] = version, records
        return records


def _look(place: Path) -> os.stat_result | None:
    """Return the state of the file itself, not of a file that it links to; None if it cannot be looked at."""
    try:
        return os.lstat(place)
    except OSError:
        return None


def _version(found: os.stat_result) -> Hashable:
    """Return a version that also differs after `chmod` and `chown`, which may make the file unreadable."""
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)
