"""From the address of a store to the store."""

from __future__ import annotations

import os
from pathlib import Path

from storage.errors import StoreUnreadableError
from storage.filestore import FileStore
from storage.store import Store


def open_store(location: str | os.PathLike[str]) -> Store:
    """The store at `location`, a file's path; nothing is read or created before it is used.

    Raises:
        StoreUnreadableError: `location` is no path.
    """
    if "://" in os.fspath(location):
        raise StoreUnreadableError(os.fspath(location).partition("://")[0] + "://…", "only files are supported")
    return FileStore(Path(location).expanduser())
