"""A file of records beside the credential file, mode 0600: read when it is asked for, replaced as a whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from openab_auth.storage.entries import Json
from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.file import atomic, quarantine, regular_file
from openab_auth.storage.file.ownership import Owner, owner_of

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RecordFile(Generic[R]):
    """The file `<credential file>.<ending>`; `from_json` gives None for what is no such record."""

    ending: str
    from_json: Callable[[object], R | None]
    to_json: Callable[[R], Json]

    def path_of(self, path: Path) -> Path:
        """Where it lies beside this credential file."""
        return path.with_name(f"{path.name}.{self.ending}")

    def load(self, path: Path) -> dict[str, R]:
        """Return the records by key, without what is no record; a damaged file has none, nor has a missing one.

        Raises:
            StoreUnreadableError: the file is there but could not be read, or is not UTF-8.
        """
        return self._records(self._members(self._read(path)[0]))

    def save(self, path: Path, records: Mapping[str, R], *, now: float) -> None:
        """Replace the records; the bytes of a damaged file are kept first. Durable after `folder.sync`.

        Raises:
            StorageError: the old file stays; nothing is ever written over one that could not be read.
        """
        place, (before, owner) = self.path_of(path), self._read(path)
        if self._damaged(before):
            quarantine.keep(place, before.encode(), now, owner)
        text = json.dumps({key: self.to_json(record) for key, record in records.items()}, indent=2)
        atomic.swap(place, text.encode(), temporary_of=path)

    def is_damaged(self, path: Path) -> bool:
        """Return whether something in the file is no record.

        Raises:
            StoreUnreadableError: as `load`.
        """
        return self._damaged(self._read(path)[0])

    def _read(self, path: Path) -> tuple[str, Owner | None]:
        """Return the text of the file, and whose it is; an empty text when it is missing."""
        place = self.path_of(path)
        try:
            data, found = regular_file.read(place, os.O_NOFOLLOW)
            return data.decode(), owner_of(found)
        except FileNotFoundError:
            return "", None
        except OSError as error:
            raise StoreUnreadableError(place, regular_file.reason_of(error)) from error
        except UnicodeDecodeError as error:
            raise StoreUnreadableError(place, f"it is not UTF-8 at byte {error.start}") from None

    def _damaged(self, text: str) -> bool:
        members = self._members(text)
        return bool(text) and (members is None or len(self._records(members)) < len(members))

    @staticmethod
    def _members(text: str) -> dict[str, object] | None:
        try:
            top = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return top if isinstance(top, dict) else None

    def _records(self, members: dict[str, object] | None) -> dict[str, R]:
        found = ((key, self.from_json(value)) for key, value in (members or {}).items())
        return {key: record for key, record in found if record is not None}
