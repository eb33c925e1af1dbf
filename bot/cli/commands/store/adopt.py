"""`store adopt`: say that this store is the one in use, after a restore, a clone or a kept copy."""

from __future__ import annotations

import argparse
from typing import Final

from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import find_location
from openab_auth.storage import FileStore, open_store, postgres_settings
from openab_auth.storage.copying import Adopted, adopt_database, adopt_file

_SPENT: Final = (
    "its refresh tokens may be spent already, if another copy of this store was used since; "
    "such a login ends at its next refresh, and its person must log in again"
)


def adopt(arguments: argparse.Namespace) -> int:
    """Open the store for refreshes, and make it the one that this host works with.

    Raises:
        CopyUnfinishedError: it is the target of a copy that was interrupted.
        StorageError: the store could not be read or written.
    """
    location = find_location(arguments)
    if location.is_postgres:
        done = adopt_database(postgres_settings(location))
    else:
        store = open_store(location)
        assert isinstance(store, FileStore)  # noqa: S101 - as the location says
        done = adopt_file(store)
    lines = [f"store {location}: {_said(done)}"]
    if done.opened or done.was_other:
        lines.append(_SPENT)
    result = {"store": str(location), "opened": done.opened, "was_other": done.was_other}
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return DONE


def _said(done: Adopted) -> str:
    if done.opened:
        return "open for refreshes"
    return "this host works with it from now on" if done.was_other else "it was open already, nothing was changed"
