"""From a location to its store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.file.store import FileStore

if TYPE_CHECKING:
    from openab_auth.storage.store import Store


def open_store(location: str | os.PathLike[str]) -> Store:
    """The store at a path (`~` is the home folder); nothing is read or created yet.

    Raises:
        StoreUnreadableError: it is the address of a backend that is not there.
    """
    place = os.fspath(location)
    if "://" in place:
        shown = place.partition("://")[0] + "://..."  # the rest may hold a password
        raise StoreUnreadableError(shown, "only a file can be a store")
    return FileStore(os.path.expanduser(place))  # noqa: PTH111 -- Path.expanduser raises where there is no home
