"""The journal of this host: the logins that could not be committed yet, and the last rotation of each account.

The files are those of `storage.journal`, encrypted as the rows of the database are. A failover can undo a commit. So a
committed rotation stays in the journal until the next one, a logout, or 24 hours. While the database shows the login
before it, it counts as a spill: readers of this host see it, and the next commit writes it again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Hashable
from pathlib import Path
from typing import Final
from uuid import UUID

from openab_auth.storage import journal
from openab_auth.storage.disk import atomic, folder, regular_file
from openab_auth.storage.entries import LoginEntry, last_token
from openab_auth.storage.errors import DamagedRowError, StoreUnreadableError, UnknownStoreKeyError
from openab_auth.storage.journal import Spill, SpillUnreadableError
from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.records.notes import Note

_TABLE: Final = "journal"
_NO_ID: Final = "it holds no id of a store; `openab-auth store adopt` writes it"
_KEPT: Final = 24 * 3600.0  # seconds for which a committed rotation stays
_MOST_MARKS: Final = 16  # of the logins before a rotation; a failover undoes few commits
_ROOM: Final = 2**16  # bytes; enough for one login


class SpillFiles:
    """The files of one folder of the journal, each with the login of one tenant; threads may share the object."""

    def __init__(self, place: Path, *, are_precautions: bool = False) -> None:
        """Take the folder, and whether its files are only precautions: the database has these logins, too."""
        self._place = place
        self._are_precautions = are_precautions
        self._path = place / "store"
        self.written = 0  # by this process

    def version(self) -> Hashable:
        """Return a value that differs when a file of any process of this host came or went."""
        try:
            return os.stat(self._place).st_mtime_ns, self.written  # noqa: PTH116 -- every warm read pays it
        except OSError:
            return None

    def load(self, cipher: Cipher) -> tuple[Spill, ...]:
        """Return the logins in the files; damaged files are left out.

        Raises:
            StoreUnreadableError: a file could not be read; without it, this process would post a used refresh token.
            UnknownStoreKeyError: the key of a file is not in the settings.
        """
        return journal.load(self._path, journal.spill_files(self._path), self._coding(cipher))

    def compose(
        self, cipher: Cipher, tenant: str, entry: LoginEntry, replaces: LoginEntry | None, note: Note | None = None
    ) -> Spill:
        """Return a file for `entry`, which also takes the place of what an earlier file replaced; write nothing.

        Raises:
            StorageError: no store accepts this login, or an earlier file could not be read.
        """
        spill = journal.compose(self._path, tenant, entry, replaces, note, self._coding(cipher))
        if not self._are_precautions:
            return spill  # it must be known over every login before it, until it is committed
        return spill._replace(replaces=spill.replaces[-_MOST_MARKS:])

    def write(self, cipher: Cipher, spill: Spill) -> None:
        """Write a file durably.

        Raises:
            StoreUnwritableError: it was not written.
        """
        atomic.make_folder(self._path)
        journal.write(self._path, spill, self._coding(cipher))
        self.written += 1

    def count(self) -> int:
        """Return how many files there are, damaged ones included.

        Raises:
            StoreUnreadableError: the folder could not be read.
        """
        return len(journal.spill_files(self._path))

    def _coding(self, cipher: Cipher) -> journal.Coding:
        return _Sealed(cipher, is_precaution=self._are_precautions)

    def discard(self, spill: Spill) -> None:
        """Remove a file, unless another one was written there since."""
        journal.discard(self._path, spill)
        self.written += 1

    def ignored(self, cipher: Cipher) -> list[tuple[Path, str]]:
        """Return the files that are ignored because no login is in them, each with the reason."""
        return journal.ignored(self._path, journal.spill_files(self._path), self._coding(cipher))


class LocalJournal:
    """The journal in the folder `place`, for the one store that this host has adopted.

    `spills` are the logins that could not be committed yet, `rotations` the last committed rotation of each account.
    """

    def __init__(self, place: str) -> None:
        self.folder = Path(os.path.abspath(os.path.expanduser(place)))  # noqa: PTH100, PTH111 -- as a file store
        self.spills = SpillFiles(self.folder / "spills")
        self.rotations = SpillFiles(self.folder / "rotations", are_precautions=True)
        self._id_file = self.folder / "store.id"

    def load(self, cipher: Cipher) -> tuple[Spill, ...]:
        """Return all logins of the journal that may take the place of stored ones, the newer ones last."""
        return (*self.rotations.load(cipher), *self.spills.load(cipher))

    def compose_spill(
        self, cipher: Cipher, tenant: str, entry: LoginEntry, replaces: LoginEntry | None, note: Note | None = None
    ) -> Spill:
        """Return the spill for `entry`, which also takes the place of what the replaced rotation replaced.

        After a failover, the rotation may be in this journal only, and the database shows the login before it.

        Raises:
            StorageError: as `SpillFiles.compose`.
        """
        spill = self.spills.compose(cipher, tenant, entry, replaces, note)
        for rotation in self.rotations.load(cipher):
            if rotation.tenant == tenant and replaces and last_token(rotation.entry) == last_token(replaces):
                return spill._replace(replaces=(*rotation.replaces, *spill.replaces))
        return spill

    def ignored(self, cipher: Cipher) -> list[tuple[Path, str]]:
        """Return the files that are ignored; see `SpillFiles.ignored`."""
        return [*self.spills.ignored(cipher), *self.rotations.ignored(cipher)]

    def store_id(self) -> UUID | None:
        """Return the id of the store that this host works with, or None if it has worked with none yet.

        Raises:
            StoreUnreadableError: the file is there but could not be read.
        """
        try:
            return UUID(regular_file.read(self._id_file, os.O_NOFOLLOW)[0].decode().strip())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnreadableError(self._id_file, error) from error
        except ValueError:
            raise StoreUnreadableError(self._id_file, _NO_ID) from None

    def adopt(self, store_id: UUID) -> None:
        """Write the id of the store that this host works with from now on.

        Raises:
            StoreUnwritableError: it was not written.
        """
        atomic.make_folder(self._id_file)
        atomic.swap(self._id_file, f"{store_id}\n".encode())
        folder.sync(self.folder)

    def check_writable(self) -> None:
        """Prove that a login could be spilled.

        Raises:
            StoreUnwritableError: it could not.
        """
        atomic.make_folder(self._id_file)
        atomic.rehearse(self._id_file, _ROOM)


def is_old(rotation: Spill) -> bool:
    """Return whether a committed rotation has been kept for long enough."""
    return rotation.file is None or time.time() - rotation.file[1] / 1e9 > _KEPT


class _Sealed:
    """Encrypts a spill for this store and this tenant; the id of the key is before the encrypted text."""

    def __init__(self, cipher: Cipher, *, is_precaution: bool) -> None:
        """Take whether a file is only a precaution, which is left out if its key is gone."""
        self._cipher = cipher
        self._is_precaution = is_precaution

    def seal(self, tenant: str, text: bytes) -> bytes:
        """See `journal.Coding`."""
        sealed, key_id = self._cipher.seal(_TABLE, "spill", tenant, text)
        return key_id.encode() + b"\n" + sealed

    def open(self, tenant: str, data: bytes) -> bytes:
        """See `journal.Coding`."""
        key_id, _, sealed = data.partition(b"\n")
        try:
            return self._cipher.open(_TABLE, "spill", tenant, sealed, key_id.decode())
        except DamagedRowError as error:
            raise SpillUnreadableError(error.reason) from None
        except UnknownStoreKeyError as error:
            if not self._is_precaution:
                raise
            raise SpillUnreadableError(error.happened) from None
