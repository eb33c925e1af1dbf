"""Keys of the broker: make one, revoke one, and find the key that a client has sent."""

from __future__ import annotations

import asyncio
import math
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from openab_auth.bot.broker.errors import KeyExistsError, KeyNameError, KeyNotThereError, KeyPatternError
from openab_auth.storage import KEYS, AsyncStore, BrokerKey, Draft, Secret, StorageError

_PREFIX: Final = "oab_"
_BYTES: Final = 32
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_LONGEST_PATTERN: Final = 256  # characters
_FRESH: Final = 0.5  # seconds in which the keys are not read again: a revoked key ends within a second
_LONGEST_AGE: Final = 60.0  # seconds in which known keys count while the store cannot be read
_READ: Final = 5.0  # seconds for one read


def new_key() -> Secret:
    """Return a new random key."""
    return Secret(_PREFIX + secrets.token_urlsafe(_BYTES))


def add_key(draft: Draft, name: str, key: BrokerKey) -> None:
    """Put a key into the store.

    Raises:
        KeyNameError: no key can have this name.
        KeyPatternError: one of its patterns can mean no login.
        KeyExistsError: another key has this name.
    """
    if not _NAME.fullmatch(name):
        raise KeyNameError
    if not key.tenants or not all(map(_is_pattern, key.tenants)):
        raise KeyPatternError
    keys = draft.records(KEYS)
    if name in keys:
        raise KeyExistsError(name)
    keys[name] = key


def revoke_key(draft: Draft, name: str) -> None:
    """Remove a key from the store.

    Raises:
        KeyNotThereError: no key has this name.
    """
    if draft.records(KEYS).pop(name, None) is None:
        raise KeyNotThereError


def _is_pattern(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_PATTERN and text.isprintable() and text == text.strip()


class NamedKey(NamedTuple):
    """A key of the store with its name."""

    name: str
    key: BrokerKey


class KeyRing:
    """The keys of the store; `clock` gives unix seconds, `now` seconds that never go back.

    The keys are read at most twice a second, however many clients wait.
    """

    def __init__(self, store: AsyncStore, clock: Callable[[], float], now: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._now = now
        self._keys: Mapping[str, BrokerKey] = {}
        self._by_hash: Mapping[str, NamedKey] = {}
        self._read_at = self._tried_at = -math.inf
        self._failure: StorageError | TimeoutError | None = None
        self._turn = asyncio.Lock()

    async def find(self, sha256: str) -> NamedKey | None:
        """Return the key with this hash, or None if there is none or it has expired.

        The time that this takes does not depend on how much of the hash is right: Python's dictionaries compare
        hashes of the hash, with a key of this process.

        Raises:
            StorageError: the keys cannot be read, and those that are known are older than a minute.
            TimeoutError: as above.
        """
        arrived = self._now()
        found = self._by_hash.get(sha256)
        if found is None or self._must_read(arrived, _FRESH):
            found = (await self._current(arrived, _FRESH)).get(sha256)
        if found is None:  # perhaps it was made a moment ago
            found = (await self._current(arrived, 0.0)).get(sha256)
        has_ended = found and found.key.expires_at is not None and found.key.expires_at <= self._clock()
        return None if has_ended else found

    def look_again(self) -> None:
        """Let the next `find` read the keys anew, because they may have changed."""
        self._tried_at = -math.inf

    async def _current(self, arrived: float, fresh_for: float) -> Mapping[str, NamedKey]:
        """Return the keys by their hashes; a read that began since the request `arrived` serves all."""
        if self._must_read(arrived, fresh_for):
            async with self._turn:
                if arrived >= self._tried_at + fresh_for:
                    await self._read()
            if self._now() > self._read_at + _LONGEST_AGE:
                raise self._failure or TimeoutError
        return self._by_hash

    def _must_read(self, arrived: float, fresh_for: float) -> bool:
        """Return whether the keys must be read for a request that arrived then, or whether another one reads them."""
        is_fresh = arrived < self._tried_at + fresh_for and arrived <= self._read_at + _LONGEST_AGE
        return self._turn.locked() or not is_fresh

    async def _read(self) -> None:
        began = self._tried_at = self._now()  # `look_again` may forget the second meanwhile
        try:
            async with asyncio.timeout(_READ):
                await self._store.look()
                keys = await self._store.records(KEYS)
            if keys is not self._keys:
                self._keys = keys
                self._by_hash = {key.sha256: NamedKey(name, key) for name, key in keys.items()}
            self._read_at = began - self._store.age()  # it may serve from memory while its server is away
            self._failure = None
        except (StorageError, TimeoutError) as error:
            self._failure = error
