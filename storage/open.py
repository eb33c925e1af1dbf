"""Opens the store at a location, or the reading half of the store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from openab_auth.storage.errors import StoreUnreadableError

if TYPE_CHECKING:
    from openab_auth.storage.reader import StoreReader
    from openab_auth.storage.store import Store


def open_store(location: str | os.PathLike[str]) -> Store:
    """Return the store at a path, where `~` is the home folder; nothing is read or created yet.

    Raises:
        StoreUnreadableError: the location is an address, and there is no backend for it.
    """
    from openab_auth.storage.file import FileStore  # noqa: PLC0415 - a program that only reads does not pay for locks

    return FileStore(_path(location))


def open_reader(location: str | os.PathLike[str]) -> StoreReader:
    """Return the reading half of the store at a path; see `open_store`.

    Raises:
        StoreUnreadableError: as `open_store`.
    """
    from openab_auth.storage.file import FileReader  # noqa: PLC0415 - as above

    return FileReader(_path(location))


def _path(location: str | os.PathLike[str]) -> str:
    place = os.fspath(location)
    if "://" in place:
        shown = place.partition("://")[0] + "://..."  # the rest may contain a password
        raise StoreUnreadableError(shown, "only a file can be a store")
    return os.path.expanduser(place)  # noqa: PTH111 -- Path.expanduser raises where there is no home
