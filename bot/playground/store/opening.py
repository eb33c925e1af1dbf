"""Make the store of a playground, and remove it at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from openab_auth.bot.playground.store.in_file import file_store
from openab_auth.bot.playground.store.playground_store import PlaygroundStore


@asynccontextmanager
async def opened_store(home: Path, url: str | None) -> AsyncIterator[PlaygroundStore]:
    """Give a store that exists while the block runs: a file in `home`, or a schema in the database at `url`.

    Raises:
        StoreSettingsError: the URL cannot be used, or the packages for PostgreSQL are not installed.
        StorageError: the database refused the schema; nothing was made.
        SchemaLeftError: the schema could not be deleted at the end.
    """
    if url is None:
        yield file_store(home)
        return
    from openab_auth.bot.playground.store.in_database import database_store  # noqa: PLC0415 - a file needs no database

    async with database_store(home, url) as store:
        yield store
