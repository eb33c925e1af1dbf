"""`store restore`: put a backup into the place of a store, and say which logins wait for `store adopt`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.commands.store.backup import moment
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import find_location
from openab_auth.oauth.config.trusted_file import RefusedFileError, check_trusted_path
from openab_auth.oauth.errors import one_line
from openab_auth.storage import FileStore, open_store, postgres_settings
from openab_auth.storage.backups.errors import BackupNotOursError
from openab_auth.storage.backups.restoring import RestoredStore, restore_database, restore_file
from openab_auth.storage.mirror_mark import is_mirror

_WAITING: Final = (
    "waiting: {tenants}\n"
    "If these logins were renewed after the backup, their refresh tokens are spent. So nothing refreshes them; their "
    "access tokens are served until they end.\n"
    "If no other copy of this store is in use, run `openab-auth store adopt`. A login whose token is spent then ends "
    "at its next refresh, and its person must log in again. A person who logs in again now needs no adoption."
)
_KEPT: Final = "kept: {tenants}\nThe store already had the same refresh token, or a later one of the same login."
_NEWER: Final = (
    "kept: {tenants}\n"
    "These logins were made after those of the backup. If you want one of the backup, run `openab-auth logout` for the "
    "login in the store, and restore again."
)
_REMOVED: Final = "removed: {tenants}\nThe backup does not have these logins."
_KEYS: Final = (
    "The keys of the broker are those of the backup: look at `openab-auth key list`, and revoke again what was revoked "
    "since."
)


def restore(arguments: argparse.Namespace) -> int:
    """Restore a backup; a store with logins is replaced only with `--replace`.

    Raises:
        UsageError: the store is a mirror.
        StorageError: the backup or the store could not be read or written; the error says what was kept.
    """
    location, path = find_location(arguments), Path(arguments.places[0])
    _check_ours(path)
    if location.is_postgres:
        done = restore_database(postgres_settings(location), path, replace=arguments.replace)
    else:
        store = open_store(location)
        assert isinstance(store, FileStore)  # noqa: S101 - as the location says
        if is_mirror(store):
            message = f"{location} is a mirror, which keeps itself; restore the store that it mirrors"
            raise UsageError(message, "openab-auth store")
        done = restore_file(store, path, replace=arguments.replace)
    result = {
        "store": str(location),
        "backup": str(path),
        "logins": done.logins,
        "open": done.is_open,
        "waiting": list(done.waiting),
        "kept": list(done.kept),
        "removed": list(done.removed),
    }
    print_result(result, _told(done, str(location), path), as_json=arguments.json)
    return DONE


def _check_ours(path: Path) -> None:
    try:
        check_trusted_path(path, os.environ)
    except RefusedFileError as error:
        raise BackupNotOursError(path, str(error.strerror).partition(": ")[0]) from None
    except OSError:
        return  # reading the backup fails next, and says why


def _told(done: RestoredStore, place: str, path: Path) -> str:
    logins = "1 login" if done.logins == 1 else f"{done.logins} logins"
    lines = [f"store {place}: it has {logins} after restoring {path} of {moment(done.made_at)}"]
    same = tuple(tenant for tenant in done.kept if tenant not in done.newer)
    told = ((same, _KEPT), (done.newer, _NEWER), (done.removed, _REMOVED), (done.waiting, _WAITING))
    for tenants, said in told:
        if tenants:
            lines.append(said.format(tenants=", ".join(map(one_line, tenants))))
    if done.keys:
        lines.append(_KEYS)
    return "\n".join(lines)
