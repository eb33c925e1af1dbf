"""A file of records beside the credential file, mode 0600: read when it is asked for, replaced as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from storage import atomic, quarantine, regular
from storage.entries import Json
from storage.errors import StoreUnreadableError

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Beside(Generic[R]):
    """The file `<credential file>.<ending>`; `from_json` gives None for what is no such record."""

    ending: str
    from_json: Callable[[object], R | None]
    to_json: Callable[[R], Json]

    def path_of(self, path: Path) -> Path:
        """Where it lies beside this credential file."""
        return path.with_name(f"{path.name}.{self.ending}")

    def load(self, path: Path) -> dict[str, R]:
        """The records by key; what is none is left out, and so is all of a damaged file.

        Raises:
            StoreUnreadableError: the file is there but could not be read.
        """
        return self._records(self._members(self._read(path)))

    def save(self, path: Path, records: Mapping[str, R], *, now: float) -> None:
        """Replace the records; the bytes of a damaged file are kept first.

        Raises:
            StorageError: the old file stays.
        """
        place, before = self.path_of(path), self._read(path)
        if self._damaged(before):
            quarantine.keep(place, before, now)
        text = json.dumps({key: self.to_json(record) for key, record in records.items()}, indent=2)
        atomic.replace(place, text.encode())

    def is_damaged(self, path: Path) -> bool:
        """Whether something in the file is no record.

        Raises:
            StoreUnreadableError: as `load`.
        """
        return self._damaged(self._read(path))

    def _read(self, path: Path) -> bytes:
        place = self.path_of(path)
        try:
            return regular.read(place)[0]
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise StoreUnreadableError(place, error.strerror or type(error).__name__) from error

    def _damaged(self, data: bytes) -> bool:
        members = self._members(data)
        return bool(data) and (members is None or len(self._records(members)) < len(members))

    @staticmethod
    def _members(data: bytes) -> dict[str, object] | None:
        try:
            top = json.loads(data)
        except (ValueError, RecursionError):
            return None
        return top if isinstance(top, dict) else None

    def _records(self, members: dict[str, object] | None) -> dict[str, R]:
        found = ((key, self.from_json(value)) for key, value in (members or {}).items())
        return {key: record for key, record in found if record is not None}
