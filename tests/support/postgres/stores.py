"""Stores in the schemas of a real server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from openab_auth.storage.options import StoreLocation, StoreOptions
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.opening import PostgresSettings, check_settings
from openab_auth.storage.postgres.sealed.keys import new_key
from openab_auth.storage.postgres.upkeep import making
from tests.support.postgres.server import Server

KEY_ID: Final = "2026-11"
KEY: Final = new_key().reveal()


def settings_of(url: str, name: str, journal: Path, **options: Any) -> PostgresSettings:
    """Return the settings of a store in the schema `name`, encrypted with the key of this test process."""
    keys = (f"{KEY_ID}=env:STORE_KEY",)
    chosen = StoreOptions(**{"schema": name, "keys": keys, "journal": str(journal), **options})
    return check_settings(StoreLocation(url, chosen), {"STORE_KEY": KEY})


def make_store(
    server: Server,
    name: str,
    journal: Path,
    clock: Callable[[], float] | None = None,
    *,
    url: str | None = None,
    **options: Any,
) -> PostgresStore:
    """Make a store as its owner, and return it as a bot or an agent opens it; `url` may go by another way."""
    owner = settings_of(server.url("owner"), name, journal, **options)
    making.make_store(owner, grant="rows")
    store = PostgresStore(settings_of(url or server.url("rows"), name, journal, **options), clock=clock)
    store.read()  # its version is known from now on
    return store
