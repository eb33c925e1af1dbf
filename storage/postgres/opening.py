"""Check the settings of a PostgreSQL store before the first connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from openab_auth.storage.errors import NoStoreKeysError
from openab_auth.storage.options import StoreLocation, StoreOptions, shown
from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.postgres.sealed.keys import StoreKeys
from openab_auth.storage.postgres.wire.transport import check_transport
from openab_auth.storage.secret import Secret


class PostgresSettings(NamedTuple):
    """Hold what a PostgreSQL store needs; `keys` is None where rows are stored without encryption."""

    url: Secret
    options: StoreOptions
    keys: StoreKeys | None

    @property
    def place(self) -> str:
        """Return the URL without a password, for people."""
        return shown(self.url.reveal())

    @property
    def journal(self) -> str:
        """Return the folder of this host's journal: that of the settings, or one of this store in the home folder."""
        if self.options.journal:
            return self.options.journal
        from hashlib import sha256  # noqa: PLC0415 - a configured folder needs no hash

        name = f"{self.place}#{self.options.schema}"
        return f"~/.openab/agent/journal-{sha256(name.encode()).hexdigest()[:12]}"

    def with_keys(self, texts: Sequence[str], environ: Mapping[str, str]) -> PostgresSettings:
        """Return the settings with the keys that these texts name.

        Raises:
            StoreKeyError, NoStoreKeysError: a key cannot be read, or there is none.
        """
        options = replace(self.options, keys=tuple(texts))
        return self._replace(options=options, keys=_keys(options, environ))

    def cipher(self, store_id: UUID) -> Cipher:
        """Return the cipher for the rows of the store with this id."""
        return Cipher(store_id, self.keys, plaintext=self.options.plaintext)


def check_settings(location: StoreLocation, environ: Mapping[str, str]) -> PostgresSettings:
    """Return the settings of a PostgreSQL store, with its keys; no connection is made.

    Raises:
        StoreSettingsError: a setting is wrong or missing.
    """
    options = location.options
    check_transport(location.place, insecure=options.insecure)
    return PostgresSettings(Secret(location.place), options, _keys(options, environ))


def _keys(options: StoreOptions, environ: Mapping[str, str]) -> StoreKeys | None:
    if not options.keys and not options.plaintext:
        raise NoStoreKeysError
    return StoreKeys.parse(options.keys, environ) if options.keys else None
