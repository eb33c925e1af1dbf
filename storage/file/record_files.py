"""The files of records beside the credential file, mode 0600: each is read on demand and replaced as a whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Generic, TypeVar

from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.file import atomic, regular_file
from openab_auth.storage.file.leftovers import quarantine
from openab_auth.storage.file.ownership import Owner, owner_of
from openab_auth.storage.records import CLIENTS, FACTS, KEYS, KINDS, NOTES, REQUESTS, SERVERS, THREADS, RecordKind

R = TypeVar("R")


class RecordFile(Generic[R]):
    """The file `<credential file>.<name of the kind>`, with all records of one kind."""

    def __init__(self, kind: RecordKind[R]) -> None:
        self.kind = kind

    def path_of(self, path: Path) -> Path:
        """Return the path of this file beside the credential file `path`."""
        return path.with_name(f"{path.name}.{self.kind.name}")

    def load(self, path: Path) -> dict[str, R]:
        """Return the records by key; skip members that are no record, and return none for a missing or damaged file.

        Raises:
            StoreUnreadableError: the file is there but could not be read, is not UTF-8, or must be whole and is not.
        """
        text = self._read(path)[0]
        if self.kind.must_be_whole and self._damaged(text):
            raise StoreUnreadableError(self.path_of(path), "it is damaged")
        return self._records(self._members(text))

    def save(self, path: Path, records: Mapping[str, R], *, now: float) -> None:
        """Replace all records; keep the bytes of a damaged file first. The change is durable after `folder.sync`.

        Raises:
            StorageError: the old file is unchanged; a file that could not be read is never overwritten.
        """
        place, (before, owner) = self.path_of(path), self._read(path)
        if self._damaged(before):
            quarantine.keep(place, before.encode(), now, owner)
        text = json.dumps({key: self.kind.to_json(record) for key, record in records.items()}, indent=2)
        atomic.swap(place, text.encode(), temporary_of=path)

    def is_damaged(self, path: Path) -> bool:
        """Return whether the file is no JSON object or holds a member that is no record.

        Raises:
            StoreUnreadableError: the file is there but could not be read, or is not UTF-8.
        """
        return self._damaged(self._read(path)[0])

    def _read(self, path: Path) -> tuple[str, Owner | None]:
        """Return the text of the file and its owner; the text of a missing file is empty."""
        place = self.path_of(path)
        try:
            data, found = regular_file.read(place, os.O_NOFOLLOW)
            return data.decode(), owner_of(found)
        except FileNotFoundError:
            return "", None
        except OSError as error:
            raise StoreUnreadableError(place, error) from error
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
        found = ((key, self.kind.from_json(value)) for key, value in (members or {}).items())
        return {key: record for key, record in found if record is not None}


NOTES_FILE: Final = RecordFile(NOTES)
CLIENTS_FILE: Final = RecordFile(CLIENTS)
SERVERS_FILE: Final = RecordFile(SERVERS)
FACTS_FILE: Final = RecordFile(FACTS)
THREADS_FILE: Final = RecordFile(THREADS)
REQUESTS_FILE: Final = RecordFile(REQUESTS)
KEYS_FILE: Final = RecordFile(KEYS)
RECORD_FILES: Final = tuple(RecordFile(kind) for kind in KINDS)
