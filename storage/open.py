"""Opens the store at a location."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.file import FileStore

if TYPE_CHECKING:
    from openab_auth.storage.store import Store


def open_store(location: str | os.PathLike[str]) -> Store:
    """Return the store at a path, where `~` is the home folder; nothing is read or created yet.

    Raises:
        StoreUnreadableError: the location is an address, and there is no backend for it.
    """
    place = os.fspath(location)
    if "://" in place:
        shown = place.partition("://")[0] + "://..."  # the rest may contain a password
        raise StoreUnreadableError(shown, "only a file can be a store")
    return FileStore(os.path.expanduser(place))  # noqa: PTH111 -- Path.expanduser raises where there is no home
