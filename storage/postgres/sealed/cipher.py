"""Encrypt the rows of a store: AES-256-GCM (NIST SP 800-38D) with a key for each row (HKDF, RFC 5869).

The key of a row is derived from the master key, the table and the row's key. The associated data is the id of the
store, the table, the kind and the key. So no row can be moved to another place, another table or another store. An
old version of the same row can: nobody notices when somebody who may write to the database puts it back.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openab_auth.storage.errors import DamagedRowError, StoreSettingsError, UnknownStoreKeyError, WrongStoreKeyError
from openab_auth.storage.postgres.sealed.keys import KEY_BYTES, StoreKeys, key_bytes

PLAIN: Final = ""  # the key_id of a row that is not encrypted
_NONCE: Final = 12  # bytes; each row has its own key, so random nonces do not collide
_TAG: Final = 16  # bytes
_ROWS: Final = 256  # whose keys are kept: a commit opens and seals the same few rows as the one before it
_PURPOSE: Final = b"openab-auth row"
_CHECK_ROW: Final = ("store", "", "key_check")  # table, kind and key of the text that shows whether a key is right
_CHECK_TEXT: Final = b"openab-auth"


class Cipher:
    """Seal and open the rows of one store. Its repr shows no key.

    Without `keys` rows are kept as they are. With keys, rows that were written without are read only if `plaintext` is
    true: otherwise somebody who may write to the database could put in rows of his own.
    """

    __slots__ = ("_keys", "_plaintext", "_row", "store_id")

    def __init__(self, store_id: UUID, keys: StoreKeys | None, *, plaintext: bool = False) -> None:
        self.store_id = store_id
        self._keys = keys
        self._plaintext = plaintext or keys is None
        self._row = lru_cache(maxsize=_ROWS)(self._derived)

    @property
    def key_id(self) -> str:
        """Return the id of the key that encrypts; empty if nothing is encrypted."""
        return PLAIN if self._keys is None else self._keys.first

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Return the ids of the keys that decrypt."""
        return () if self._keys is None else self._keys.ids

    def seal(self, table: str, kind: str, key: str, text: bytes) -> tuple[bytes, str]:
        """Return the bytes for the row at this place, and the id of the key that encrypted them."""
        if self._keys is None:
            return text, PLAIN
        return self._seal(self._keys.first, (table, kind, key), text), self._keys.first

    def open(self, table: str, kind: str, key: str, sealed: bytes, key_id: str) -> bytes:
        """Return the text of the row at this place.

        Raises:
            UnknownStoreKeyError: the row needs a key that is not in the settings.
            DamagedRowError: the row was damaged, cut off or moved here from elsewhere, or it is not encrypted.
        """
        if key_id == PLAIN:
            if not self._plaintext:
                raise DamagedRowError(table, key, "it is not encrypted")
            return bytes(sealed)
        if len(sealed) < _NONCE + _TAG:
            self._row(key_id, (table, kind, key))  # an unknown key comes first: perhaps nothing is damaged
            raise DamagedRowError(table, key, "its end is missing")
        try:
            return self._open(key_id, (table, kind, key), sealed)
        except InvalidTag:
            raise DamagedRowError(table, key, f"the key {key_id!a} does not open it") from None

    def check_of(self, key_id: str) -> bytes:
        """Return bytes that only this key opens; see `key_check`."""
        return self._seal(key_id, _CHECK_ROW, _CHECK_TEXT)

    def opens_check(self, key_id: str, sealed: bytes) -> bool:
        """Return whether the key with this id is the key that made these bytes; see `verify_key_check`."""
        try:
            return self._open(key_id, _CHECK_ROW, sealed) == _CHECK_TEXT
        except InvalidTag:
            return False

    @property
    def reads_plaintext(self) -> bool:
        """Return whether rows that are not encrypted are read."""
        return self._plaintext

    def __repr__(self) -> str:
        return f"Cipher({self.store_id}, {self._keys})"

    def _seal(self, key_id: str, row: tuple[str, str, str], text: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        key, place = self._row(key_id, row)
        return nonce + key.encrypt(nonce, text, place)

    def _open(self, key_id: str, row: tuple[str, str, str], sealed: bytes) -> bytes:
        nonce, rest = bytes(sealed[:_NONCE]), bytes(sealed[_NONCE:])
        key, place = self._row(key_id, row)
        return key.decrypt(nonce, rest, place)

    def _derived(self, key_id: str, row: tuple[str, str, str]) -> tuple[AESGCM, bytes]:
        """Return the key of a row, and its associated data; see the module."""
        master = None if self._keys is None else self._keys.get(key_id)
        if master is None:
            raise UnknownStoreKeyError(key_id)
        table, _, key = parts = [part.encode() for part in row]
        hkdf = HKDF(SHA256(), KEY_BYTES, salt=None, info=_joined(_PURPOSE, table, key))
        return AESGCM(hkdf.derive(key_bytes(master))), _joined(_PURPOSE, self.store_id.bytes, *parts)


def key_check(cipher: Cipher, key_ids: Sequence[str] | None = None) -> bytes:
    """Return the `key_check` of a store: a text that each key encrypted, by the key's id; `{}` without encryption.

    `key_ids` are the keys that rows need; all keys of the settings by default.
    """
    ids = cipher.key_ids if key_ids is None else key_ids
    checks = {key_id: base64.b64encode(cipher.check_of(key_id)).decode("ascii") for key_id in ids}
    return json.dumps(checks).encode("ascii")


def verify_key_check(data: bytes, cipher: Cipher) -> None:
    """Compare the keys of a process with the `key_check` of the store.

    Raises:
        UnknownStoreKeyError: the store is encrypted, and none of its keys is in the settings.
        WrongStoreKeyError: a key in the settings has another value than the key with this id in the store.
        StoreNotEncryptedError: there are keys, and the store was made without encryption.
        DamagedRowError: the `key_check` is not readable.
    """
    checks = _read_checks(data)
    ours = [key_id for key_id in cipher.key_ids if key_id in checks]
    for key_id in ours:
        if not cipher.opens_check(key_id, checks[key_id]):
            raise WrongStoreKeyError(key_id)
    if checks and not ours:
        raise UnknownStoreKeyError(next(iter(checks)))
    if not checks and not cipher.reads_plaintext:
        raise StoreNotEncryptedError


def needed_keys(data: bytes) -> tuple[str, ...]:
    """Return the ids of the keys in the `key_check` of a store, which its rows may need.

    Raises:
        DamagedRowError: as `verify_key_check`.
    """
    return tuple(_read_checks(data))


def _read_checks(data: bytes) -> dict[str, bytes]:
    try:
        found = json.loads(bytes(data).decode("ascii"))
        return {str(key_id): base64.b64decode(text, validate=True) for key_id, text in found.items()}
    except (ValueError, TypeError, AttributeError):
        raise DamagedRowError(_CHECK_ROW[0], _CHECK_ROW[2], "it is not a table of keys") from None


class StoreNotEncryptedError(StoreSettingsError):
    """The settings have keys, and the rows of the store are not encrypted yet."""

    code = "store_not_encrypted"

    def __init__(self) -> None:
        super().__init__(
            "[store] keys has keys, but this store was made without encryption",
            "set [store] plaintext = true beside the keys, run `openab-auth store rekey`, then remove plaintext",
        )


def _joined(*parts: bytes) -> bytes:
    """Join the parts with their lengths, so that no other parts give the same bytes."""
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)
