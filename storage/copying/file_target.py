"""A file as the target of a copy: everything waits in one private file beside it, which no agent reads."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Final, Literal

from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.contents import Contents
from openab_auth.storage.copying.errors import ForeignCopyError, TargetNotEmptyError
from openab_auth.storage.copying.merging import fingerprint, merged
from openab_auth.storage.disk import atomic, folder, regular_file
from openab_auth.storage.entries import PendingEntry
from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.file import FileStore
from openab_auth.storage.records import KINDS

_ENDING: Final = ".copying"
_State = Literal["filling", "kept", "opening"]
_NOTHING: Final = Contents({}, {kind.name: {} for kind in KINDS})


class FileTarget:
    """The credential file of this store; `<file>.copying` holds the copy until it is opened."""

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self._source = ""
        self._staged = _NOTHING
        self.place = str(store.path)

    @property
    def _path(self) -> Path:
        return self._store.path.with_name(f"{self._store.path.name}{_ENDING}")

    def begin(self, source: str) -> bool:
        """Make the file in which the copy waits; see `CopyTarget.begin`."""
        found = self.read_state()
        logins = [entry for entry in self._store.read().values() if not isinstance(entry, PendingEntry)]
        if found is None:
            if logins:
                raise TargetNotEmptyError(self.place)
            self._source = source
            self._stage(_NOTHING, "filling")
        elif found[0] != source:
            raise ForeignCopyError(self.place, found[0])
        return True

    def fill(self, contents: Contents) -> None:
        """Write the contents into the waiting file."""
        staged = self._staged.entries  # nobody else writes there
        entries = merged(contents, staged, {key: [fingerprint(key, entry)] for key, entry in staged.items()})
        self._stage(Contents(entries, contents.records), "filling")

    def keep(self) -> None:
        """Note that the copy is complete, and stays in the waiting file."""
        self._stage(self._staged, "kept")

    def open(self) -> None:
        """Write the copy into the credential file, and remove the waiting file; a login that is there already stays."""
        self._stage(self._staged, "opening")
        self._store.update(lambda draft: _write(draft, self._staged))
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        folder.sync(self._path.parent)

    def read_state(self) -> tuple[str, _State] | None:
        """Read the waiting file; return the source and the state of the copy, or None if there is none.

        Raises:
            StoreUnreadableError: it could not be read.
        """
        try:
            data, _ = regular_file.read(self._path)
            found = json.loads(data)
            self._source, state = found["source"], found["state"]
            self._staged = Contents.from_json(found)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnreadableError(self._path, error) from error
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StoreUnreadableError(self._path, "it is no copy of a store; move it away") from None
        return self._source, state

    def _stage(self, contents: Contents, state: _State) -> None:
        text = json.dumps({"source": self._source, "state": state, **contents.to_json()})
        atomic.make_folder(self._path)
        atomic.swap(self._path, text.encode())
        folder.sync(self._path.parent)
        self._staged = contents


def _write(draft: Draft, contents: Contents) -> None:
    for key, entry in contents.entries.items():
        if key not in draft:
            draft[key] = entry
    for kind in KINDS:
        records = draft.records(kind)
        for key, record in contents.records[kind.name].items():
            if key not in records:
                records[key] = record
