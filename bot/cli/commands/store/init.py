"""`store init`: make the tables of a PostgreSQL store, or migrate them, with a role that owns them."""

from __future__ import annotations

import argparse

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import find_location
from openab_auth.storage import StoreLocation, postgres_settings


def init(arguments: argparse.Namespace) -> int:
    """Make or migrate the tables; give the role of `--grant` rights on their rows.

    Raises:
        StorageError: the database refused it; nothing was changed.
    """
    location = find_location(arguments)
    check_is_postgres(location, "init")
    settings = postgres_settings(location)
    from openab_auth.storage.postgres.upkeep.making import make_store  # noqa: PLC0415 - the settings say whether it is there

    made = make_store(settings, grant=arguments.grant)
    schema = location.options.schema
    lines = [f"store {location}, schema {schema}: {'made' if made.is_new else 'it was there already'}"]
    if arguments.grant:
        lines.append(f"role {arguments.grant}: may read and change its rows")
    result = {"store": str(location), "schema": schema, "id": str(made.store_id), "made": made.is_new}
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return DONE


def check_is_postgres(location: StoreLocation, action: str) -> None:
    """Refuse a file: this action is for a store in PostgreSQL.

    Raises:
        UsageError: the location is a file.
    """
    if not location.is_postgres:
        message = f"`{action}` is for a store in PostgreSQL, and {location} is a file"
        raise UsageError(message, "openab-auth store")
