"""Read the keys that encrypt the rows of a store from the environment and from files; no message shows a key."""

from __future__ import annotations

import base64
import binascii
import errno
import os
import re
import stat
from collections.abc import Mapping, Sequence
from typing import Final

from openab_auth.storage.errors import StoreKeyError
from openab_auth.storage.secret import Secret

KEY_BYTES: Final = 32
_LARGEST_FILE: Final = 4096  # bytes; a key takes 44
_READ: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO in its place cannot block us
# An id is shorter than a key in base64, so a key that was written in place of an id is never shown as an id.
_SETTING: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,31})=(?:(env|file):)?(.*)", re.DOTALL)
_ONE_FORM: Final = 'write it as "ID=env:VARIABLE" or "ID=file:/path"; an ID has at most 32 letters, digits, ., _ and -'


class StoreKeys:
    """The keys of a store by their ids: `first` encrypts, all decrypt. Its repr shows the ids alone."""

    __slots__ = ("_keys", "first")

    def __init__(self, keys: Mapping[str, Secret]) -> None:
        """Take the keys, in base64, in the order of the settings; at least one."""
        self._keys = dict(keys)
        self.first = next(iter(self._keys))

    @classmethod
    def parse(cls, texts: Sequence[str], environ: Mapping[str, str]) -> StoreKeys:
        """Read each key from where its text says: "ID=env:VARIABLE" or "ID=file:/path".

        Raises:
            StoreKeyError: there is no key, an id is there twice, or a key cannot be read or is no key.
        """
        keys: dict[str, Secret] = {}
        for number, text in enumerate(texts, start=1):
            key_id, key = _read_key(text, number, environ)
            if key_id in keys:
                raise UnusableKeyError(key_id, "has the id of another key", "give every key its own id")
            keys[key_id] = key
        if not keys:
            raise NoKeysError
        return cls(keys)

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of all keys, the first key's first."""
        return tuple(self._keys)

    def get(self, key_id: str) -> Secret | None:
        """Return the key with this id in base64, or None."""
        return self._keys.get(key_id)

    def __repr__(self) -> str:
        return f"StoreKeys({', '.join(self._keys)})"


class NoKeysError(StoreKeyError):
    """There is no key at all."""

    def __init__(self) -> None:
        super().__init__("", "[store] keys is empty", _ONE_FORM)


class UnusableKeyError(StoreKeyError):
    """One key of the settings cannot be used."""

    def __init__(self, key_id: str, reason: str, todo: str) -> None:
        super().__init__(key_id, f"the key {key_id!a} in [store] keys {reason}", todo)


class InvalidKeySettingError(StoreKeyError):
    """A text in `[store] keys` does not say where its key is; the text itself may be a key, so it is not shown."""

    def __init__(self, number: int) -> None:
        super().__init__("", f"number {number} in [store] keys does not name an id and a place", _ONE_FORM)


def new_key() -> Secret:
    """Return a new random key in base64."""
    return Secret(base64.b64encode(os.urandom(KEY_BYTES)).decode("ascii"))


def key_bytes(key: Secret) -> bytes:
    """Return the 32 bytes of a key.

    Raises:
        ValueError: it is not 32 bytes in base64.
    """
    try:
        value = base64.b64decode(key.reveal(), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError from None  # the first error could quote the key
    if len(value) != KEY_BYTES:
        raise ValueError
    return value


def _read_key(text: str, number: int, environ: Mapping[str, str]) -> tuple[str, Secret]:
    match = _SETTING.fullmatch(text)
    if match is None:
        raise InvalidKeySettingError(number)
    key_id, kind, place = match.groups()
    if kind is None or not place:
        raise UnusableKeyError(key_id, "does not say where it is", _ONE_FORM)
    if kind == "env":
        found, where = environ.get(place, ""), "its variable"
        if not found.strip():
            raise UnusableKeyError(key_id, f"is in the variable {place[:80]}, which is not set", "set the variable")
    else:
        found, where = _read_file(key_id, place), "its file"
    key = Secret(found.strip())
    try:
        key_bytes(key)
    except ValueError:
        todo = f"put the output of `openab-auth store new-key` into {where}, the same on all hosts"
        raise UnusableKeyError(key_id, f"is not {KEY_BYTES} bytes in base64", todo) from None
    return key_id, key


def _read_file(key_id: str, place: str) -> str:
    """Return the text of a small regular file, which nobody but root and this user may change.

    Other users may read it: so does everybody in a container where the secret is mounted.
    """
    path = os.path.expanduser(place)  # noqa: PTH111 -- Path.expanduser raises where there is no home
    if not os.path.isabs(path):  # noqa: PTH117 - a text, as the config has it
        raise UnusableKeyError(key_id, "is in a file with a relative path", "write the whole path")
    try:
        descriptor = os.open(path, _READ)
        try:
            _check(os.fstat(descriptor), read_only=bool(os.fstatvfs(descriptor).f_flag & os.ST_RDONLY))
            return os.read(descriptor, _LARGEST_FILE).decode("ascii")
        finally:
            os.close(descriptor)
    except OSError as error:
        reason = f"cannot be read from its file ({error.strerror})"
        raise UnusableKeyError(key_id, reason, f"see that {path[:200]!a} holds the key and is readable here") from None
    except UnicodeDecodeError:
        return ""


def _check(found: os.stat_result, *, read_only: bool) -> None:
    """Refuse a file that cannot be a key, or that other users can change.

    Raises:
        OSError: the reason is in its text.
    """
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if found.st_size >= _LARGEST_FILE:
        raise OSError(errno.EFBIG, "it is too large for a key")
    if found.st_uid not in {0, os.geteuid()}:
        raise OSError(errno.EPERM, "it belongs to another user")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not read_only:  # Kubernetes mounts files with mode 0777
        raise OSError(errno.EPERM, "other users can change it")
