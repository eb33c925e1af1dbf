"""The one row of the table `store`: which store this is, its version, and whether its keys are ours."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from openab_auth.storage.errors import StoreUnreadableError, UnknownStoreKeyError
from openab_auth.storage.file_faults import FaultError, FileFault
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.sealed.cipher import Cipher, needed_keys, verify_key_check
from openab_auth.storage.postgres.wire.faults import NEW_SCHEMA, NO_STORE, OLD_SCHEMA
from openab_auth.storage.postgres.wire.tables import SCHEMA_VERSION

HEAD: Final = """
    select id, version, version_id, schema_version, key_check, open, extract(epoch from clock_timestamp())::float8
    from {schema}.store"""
Stamp: TypeAlias = tuple[int, UUID]  # the version of the store; after a failover the same number has another id

_NOBODY: Final = "nobody has made a store there"


class Head(NamedTuple):
    """The row, and the time of the database in unix seconds."""

    id: UUID
    version: int
    version_id: UUID
    schema_version: int
    key_check: bytes
    open: bool
    now: float

    @property
    def stamp(self) -> Stamp:
        """Return the version of the store; any difference counts as a change."""
        return self.version, self.version_id


class HeadCheck:
    """Check the row of a store against the settings, once for each state of its keys; return its cipher."""

    def __init__(self, settings: PostgresSettings, shown: str) -> None:
        self._settings = settings
        self._shown = shown
        self._checked: tuple[UUID, bytes] | None = None
        self._cipher: Cipher | None = None

    @property
    def cipher(self) -> Cipher | None:
        """Return the cipher of the store, or None as long as nobody has read which store it is."""
        return self._cipher

    def with_settings(self, settings: PostgresSettings) -> HeadCheck:
        """Return the check for other settings, which knows the row that this one has read last.

        Raises:
            StoreKeyError: the keys do not fit that row.
        """
        other = HeadCheck(settings, self._shown)
        if self._checked is not None:
            store_id, key_check = self._checked
            other._cipher, other._checked = settings.cipher(store_id), self._checked
            verify_key_check(key_check, other._cipher)
        return other

    def check_kept(self, earlier: HeadCheck) -> None:
        """Refuse these settings if they lack a key of the `earlier` ones that rows may need.

        Raises:
            UnknownStoreKeyError: they lack one.
        """
        if self._checked is None or self._cipher is None or earlier._cipher is None:
            return
        lost = {*earlier._cipher.key_ids} - {*self._cipher.key_ids}
        for key_id in needed_keys(self._checked[1]):
            if key_id in lost:
                raise UnknownStoreKeyError(key_id)

    def check(self, row: tuple[object, ...] | None) -> tuple[Head, Cipher]:
        """Return the row as `Head`, with the cipher for the rows of this store.

        Raises:
            StoreUnreadableError: there is no store, or another version of the program made it.
            StoreKeyError: a key is wrong or unknown; nothing may be read or written.
        """
        if row is None:
            raise self._refused(_NOBODY, NO_STORE)
        head = Head(*row)  # type: ignore[arg-type] # as the columns are declared
        if head.schema_version != SCHEMA_VERSION:
            older = head.schema_version < SCHEMA_VERSION
            words = f"its tables have version {head.schema_version}, and this program needs {SCHEMA_VERSION}"
            raise self._refused(words, OLD_SCHEMA if older else NEW_SCHEMA)
        if self._cipher is None or self._checked != (head.id, head.key_check):
            cipher = self._settings.cipher(head.id)
            verify_key_check(head.key_check, cipher)
            self._cipher, self._checked = cipher, (head.id, head.key_check)
        return head, self._cipher

    def _refused(self, words: str, fault: FileFault) -> StoreUnreadableError:
        return StoreUnreadableError(self._shown, FaultError(None, words, fault))
