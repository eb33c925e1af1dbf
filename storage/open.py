"""Opens the store at a location, or the reading half of the store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from openab_auth.storage.errors import ExtraMissingError, StoreUnreadableError
from openab_auth.storage.options import StoreLocation, StoreOptions, shown

if TYPE_CHECKING:
    from openab_auth.storage.postgres.opening import PostgresSettings
    from openab_auth.storage.reader import StoreReader
    from openab_auth.storage.store import Store


def open_store(
    location: str | os.PathLike[str] | StoreLocation,
    options: StoreOptions | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Store:
    """Return the store at a path or a PostgreSQL URL; nothing is read or created yet.

    In a path `~` is the home folder. `options` are for PostgreSQL; a `StoreLocation` has its own. `environ` has the
    keys.

    Raises:
        StoreUnreadableError: there is no backend for this address.
        StoreSettingsError: an option is wrong or missing.
    """
    located = _located(location, options)
    if located.is_postgres:
        settings = postgres_settings(located, environ)
        from openab_auth.storage.postgres import PostgresStore  # noqa: PLC0415 - a file needs no database

        return PostgresStore(settings)
    from openab_auth.storage.file import FileStore  # noqa: PLC0415 - a program that only reads does not pay for locks

    return FileStore(_path(located.place))


def open_reader(
    location: str | os.PathLike[str] | StoreLocation,
    options: StoreOptions | None = None,
    environ: Mapping[str, str] = os.environ,
) -> StoreReader:
    """Return the reading half of the store at a location; see `open_store`.

    Raises:
        StoreUnreadableError, StoreSettingsError: as `open_store`.
    """
    located = _located(location, options)
    if located.is_postgres:
        settings = postgres_settings(located, environ)
        from openab_auth.storage.postgres import PostgresReader  # noqa: PLC0415 - a file needs no database

        return PostgresReader(settings)
    from openab_auth.storage.file import FileReader  # noqa: PLC0415 - as above

    return FileReader(_path(located.place))


def _located(location: str | os.PathLike[str] | StoreLocation, options: StoreOptions | None) -> StoreLocation:
    if isinstance(location, StoreLocation):
        return location if options is None else StoreLocation(location.place, options)
    return StoreLocation(os.fspath(location), options or StoreOptions())


def postgres_settings(location: StoreLocation, environ: Mapping[str, str] = os.environ) -> PostgresSettings:
    """Return the checked settings of a PostgreSQL store; no connection is made.

    Raises:
        StoreSettingsError: an option is wrong or missing, or the packages for PostgreSQL are not installed.
    """
    try:
        from openab_auth.storage.postgres.opening import check_settings  # noqa: PLC0415 - a file needs no database
    except ImportError as error:
        if (error.name or "").startswith("openab_auth"):
            raise
        raise ExtraMissingError from None
    return check_settings(location, environ)


def _path(place: str) -> str:
    if "://" in place:
        raise StoreUnreadableError(shown(place), "only a file or a PostgreSQL URL can be a store")
    return os.path.expanduser(place)  # noqa: PTH111 -- Path.expanduser raises where there is no home
