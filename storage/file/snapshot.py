"""A snapshot of the credential file: its bytes and entries at the time of one read, and the version of the file."""

from __future__ import annotations

import os
import time
from collections.abc import Hashable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from openab_auth.storage import journal
from openab_auth.storage.disk import regular_file
from openab_auth.storage.disk.ownership import Owner
from openab_auth.storage.entries import Entry
from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.format import codec
from openab_auth.storage.journal import Spill
from openab_auth.storage.records.facts import LoginFacts
from openab_auth.storage.records.notes import Note

TICK: Final = 20_000_000  # ns; file times move in ticks of 1 to 10 ms, so a younger file may change without a new time


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the file; `data` is None if there is no file.

    `entries` are the valid entries, with the spilled logins that replace some of them; read-only. The same object
    stands for the same entries.
    """

    version: Hashable
    settled: bool  # whether an equal version proves equal content
    data: bytes | None = field(repr=False)
    decoded: codec.Decoded = field(repr=False)
    spills: tuple[Spill, ...] = field(default=(), repr=False)  # the content of the journal at that time
    owner: Owner | None = None  # of the file
    entries: Mapping[str, Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put the spilled logins among the entries."""
        entries = {**self.decoded.entries, **self._recovered()} if self.spills else self.decoded.entries
        object.__setattr__(self, "entries", MappingProxyType(entries))

    @property
    def notes(self) -> Mapping[str, Note]:
        """Return the notes of the spilled logins; the file of the notes does not hold them yet."""
        return journal.notes_of(self.spills, self.decoded.entries)

    def facts(self, stored: Mapping[str, LoginFacts]) -> Mapping[str, LoginFacts]:
        """Return the facts of the spilled logins, taken over from the `stored` ones."""
        return journal.facts_of(self.spills, self.decoded.entries, stored)

    @property
    def needs_rewrite(self) -> bool:
        """Return whether the next update must write the file even if no mutation changes anything."""
        return bool(self.decoded.damage) or self.decoded.legacy or bool(self._recovered())

    def _recovered(self) -> dict[str, Entry]:
        return journal.recovered(self.spills, self.decoded.entries)


def version_of(found: os.stat_result) -> Hashable:
    """Return a version that differs between two states of the file if they are more than one tick apart."""
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


def current_version(path: Path) -> Hashable:
    """Return the version of the file now: None if there is no file, its errno if it cannot be looked at."""
    try:
        return version_of(os.stat(path))  # noqa: PTH116 -- takes half the time of Path.stat, and every warm read pays it
    except FileNotFoundError:
        return None
    except OSError as error:
        return ("unreadable", error.errno)


def take(path: Path, before: Snapshot | None = None, afterwards: ExitStack | None = None) -> Snapshot:
    """Read the file, and parse only the text that has changed since `before`.

    For `afterwards` see `regular_file.read`.

    Raises:
        StoreUnreadableError: the file is there but could not be read, or is not UTF-8.
    """
    now = time.time_ns()
    try:
        data, found = regular_file.read(path, afterwards=afterwards)
    except FileNotFoundError:
        return Snapshot(None, settled=True, data=None, decoded=codec.Decoded({}))
    except OSError as error:
        raise StoreUnreadableError(path, error) from error
    owner = found.st_uid, found.st_gid
    settled = now - found.st_mtime_ns > TICK
    if before is not None and before.data == data:
        return Snapshot(version_of(found), settled, data, before.decoded, owner=owner)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StoreUnreadableError(path, f"it is not UTF-8 at byte {error.start}") from None
    known = before.decoded.members if before is not None else None
    return Snapshot(version_of(found), settled, data, codec.decode(text, known), owner=owner)
