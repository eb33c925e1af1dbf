"""The store of a playground in a PostgreSQL database: a schema of its own, which the playground deletes at its end."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from openab_auth.bot.playground.store.leases import Leases
from openab_auth.bot.playground.store.lock_watch import LockWatch, NameOf
from openab_auth.bot.playground.store.playground_store import PlaygroundStore
from openab_auth.storage import StorageError, StoreLocation, StoreOptions, in_thread, postgres_settings
from openab_auth.storage.errors import OpenabAuthError
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.sealed.keys import new_key
from openab_auth.storage.postgres.upkeep.dropping import drop_store
from openab_auth.storage.postgres.upkeep.lease_rows import LeaseRows
from openab_auth.storage.postgres.upkeep.making import make_store

PREFIX: Final = "openab_auth_playground_"
"""How the schema of every playground begins."""
_FULL_DISK: Final = (
    "Every write to a file now fails in the bot and in the agents, as on a full disk (RLIMIT_FSIZE is 0). "
    "The database has space, but no code and no token is posted while the journal of this host cannot keep the answer. "
    "Log in, or expire the token and start the agents."
)


class SchemaLeftError(OpenabAuthError):
    """The playground has stopped, and its schema is still in the database."""

    code = "playground_schema"

    def __init__(self, schema: str, cause: StorageError) -> None:
        super().__init__(
            f"the playground could not delete its schema {schema}: {cause.happened}",
            kept="the rows of the schema are encrypted, and their key is deleted",
            todo=f"run `drop schema {schema} cascade` in this database",
        )


@asynccontextmanager
async def database_store(home: Path, url: str) -> AsyncIterator[PlaygroundStore]:
    """Make a schema in the database at `url`, with its key and its journal in `home`; delete it after the block.

    Raises:
        StoreSettingsError: the URL cannot be used.
        StorageError: the database refused the schema; nothing was made.
        SchemaLeftError: the schema could not be deleted.
    """
    key = home / "store.key"
    await in_thread(_write_key, key)
    options = StoreOptions(
        schema=f"{PREFIX}{secrets.token_hex(4)}", keys=(f"playground=file:{key}",), journal=str(home / "journal")
    )
    location = StoreLocation(url, options)
    settings = await in_thread(postgres_settings, location)
    rows = LeaseRows(settings)

    def watch(_name: NameOf) -> LockWatch:
        return Leases(rows)

    await in_thread(make_store, settings)
    try:
        yield PlaygroundStore(
            kind="database",
            name=options.schema,
            location=location,
            settings=_config_lines(location),
            watch=watch,
            full_disk=_FULL_DISK,
            environment=_variables(os.environ),
        )
    finally:
        rows.close()
        await in_thread(_drop, settings)


def _write_key(path: Path) -> None:
    path.touch(0o600)
    path.write_text(new_key().reveal(), encoding="ascii")


def _drop(settings: PostgresSettings) -> None:
    try:
        drop_store(settings)
    except StorageError as error:
        raise SchemaLeftError(settings.options.schema, error) from None


def _config_lines(location: StoreLocation) -> str:
    options = location.options
    values = {"url": location.place, "schema": options.schema, "keys": list(options.keys), "journal": options.journal}
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())


def _variables(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables that libpq reads; it looks for a password file and certificates in the home folder, too."""
    return {name: value for name, value in environ.items() if name.startswith("PG") or name == "HOME"}
