"""`store backup`: write all that a store holds into one file."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import find_location
from openab_auth.storage import FileStore, open_store, postgres_settings
from openab_auth.storage.backups.backup_file import Backup
from openab_auth.storage.backups.taking import back_up_database, back_up_file
from openab_auth.storage.mirror_mark import is_mirror

_SEALED: Final = (
    "it is encrypted with the key {key} of [store] keys; nobody can read it without this key, so keep the key elsewhere"
)
_READABLE: Final = "it holds refresh tokens that everybody who can read it can use; keep it as you keep the store"


def backup(arguments: argparse.Namespace) -> int:
    """Write a backup into a new file, which only its owner can read; the store stays as it is and in use.

    Raises:
        UsageError: the store is a mirror.
        StorageError: the store could not be read as a whole, or the file not written; no file is left behind.
    """
    location, path = find_location(arguments), Path(arguments.places[0])
    version = metadata.version("openab-auth")
    if location.is_postgres:
        made = back_up_database(postgres_settings(location), path, version=version, clock=time.time)
    else:
        store = open_store(location)
        assert isinstance(store, FileStore)  # noqa: S101 - as the location says
        if is_mirror(store):
            message = f"{location} is a mirror and has no refresh tokens; back up the store that it mirrors"
            raise UsageError(message, "openab-auth store")
        made = back_up_file(store, path, version=version, clock=time.time)
    result = {
        "store": str(location),
        "backup": str(path),
        "logins": made.logins,
        "made_at": made.made_at,
        "key": made.key_id or None,
    }
    print_result(result, _told(made, str(location), path), as_json=arguments.json)
    return DONE


def moment(seconds: float) -> str:
    """Return a time for people."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _told(made: Backup, place: str, path: Path) -> str:
    logins = "1 login" if made.logins == 1 else f"{made.logins} logins"
    lines = [
        f"backup {path}: {logins} of the store {place}, {moment(made.made_at)}",
        _SEALED.format(key=made.key_id) if made.key_id else _READABLE,
    ]
    return "\n".join(lines)
