"""`store copy`: move a store between a file and PostgreSQL, or keep both and leave the new one closed."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import find_location
from openab_auth.storage import FileStore, StoreLocation, open_store, postgres_settings
from openab_auth.storage.copying import Copied, FileTarget, copy_store
from openab_auth.storage.copying.target import CopyTarget
from openab_auth.storage.file import restored
from openab_auth.storage.mirror_mark import is_mirror

_KEPT: Final = (
    "it is closed for refreshes: both stores hold the same refresh tokens, and a refresh in one ends the login in the "
    "other. When nothing uses {source} any more, run `openab-auth store adopt --store '{target}'`"
)
_MOVED: Final = "{source} keeps the access tokens until they end; let bots and agents use {target} from now on"


def copy(arguments: argparse.Namespace) -> int:
    """Copy every login and record; run the same command again if it was interrupted.

    Raises:
        UsageError: FROM and TO are no file and database, or FROM is a mirror or has logins that wait after a restore.
        StorageError: a store could not be read or written; the source is whole, or the target is.
    """
    source, target = (_location(arguments, place) for place in arguments.places)
    if source.is_postgres == target.is_postgres:
        message = "`copy` takes one file and one PostgreSQL URL"
        raise UsageError(message, "openab-auth store")
    store = open_store(source)
    if is_mirror(store):
        message = f"{source} is a mirror and has no refresh tokens; copy the store that it mirrors"
        raise UsageError(message, "openab-auth store")
    if isinstance(store, FileStore) and restored.find(store.path) is not None:
        message = f"restored logins of {source} wait for `openab-auth store adopt`; run it first"
        raise UsageError(message, "openab-auth store")
    done = copy_store(store, str(source), _target(target), keep_source=arguments.keep_source)
    said = (_KEPT if arguments.keep_source else _MOVED).format(source=source, target=target)
    text = f"store {target}: {_counted(done)}\n{said}"
    result = {"from": str(source), "to": str(target), "logins": done.logins, "open": not arguments.keep_source}
    print_result(result, text, as_json=arguments.json)
    return DONE


def _location(arguments: argparse.Namespace, place: str) -> StoreLocation:
    """Return a location whose path is absolute: a copy that continues must know its source again."""
    found = find_location(arguments, place)
    return found if found.is_postgres else replace(found, place=os.path.abspath(found.place))  # noqa: PTH100 - a text


def _target(location: StoreLocation) -> CopyTarget:
    if not location.is_postgres:
        store = open_store(location)
        assert isinstance(store, FileStore)  # noqa: S101 - as the location says
        return FileTarget(store)
    settings = postgres_settings(location)
    from openab_auth.storage.copying import PostgresTarget  # noqa: PLC0415 - the settings say whether it is there

    return PostgresTarget(settings)


def _counted(done: Copied) -> str:
    logins = "1 login" if done.logins == 1 else f"{done.logins} logins"
    return f"it has {logins} already, nothing was changed" if done.was_complete else f"{logins} copied"
